# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Render the templates of a set where they are, on the controller, and wrap the secrets for the way."""

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.text.converters import to_text
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader

from ansible_collections.steward.platform.plugins.module_utils.config_set.parse import encode_secret

OTHER_SOURCES = ("content", "secret_content", "merge_json")


def _files(value):
    """The option as it should be; the module's own refusal would not name it."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise AnsibleActionFail("files is not a list of dictionaries, each with path and one source")
    return value


class ActionModule(ActionBase):
    """The controller's half of the module ``config_set``; everything that decides is in the other half."""

    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        arguments["files"] = [self._prepare(item, task_vars) for item in _files(arguments.get("files") or [])]
        result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
        return result

    def _prepare(self, item, task_vars):
        prepared = dict(item)
        template = prepared.pop("template", None)
        variables = prepared.pop("vars", None) or {}
        if template is not None:
            if any(prepared.get(other) is not None for other in OTHER_SOURCES):
                raise AnsibleActionFail(
                    f"files: besides template {template} there is one of {', '.join(OTHER_SOURCES)}"
                )
            prepared["content"] = self._render(template, variables, task_vars)
        if prepared.get("secret_content") is not None:
            prepared["secret_content"] = encode_secret(to_text(prepared["secret_content"], nonstring="simplerepr"))
        return prepared

    def _render(self, template, variables, task_vars):
        # The lookup, not the template action: it searches where the calling role's templates are and returns text.
        lookup = lookup_loader.get("ansible.builtin.template", loader=self._loader, templar=self._templar)
        return to_text(lookup.run([template], variables=task_vars, template_vars=variables)[0], nonstring="simplerepr")
