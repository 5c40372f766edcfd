# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the user names of the credentials here and send only the passwords.

Whatever stands in an option that is not logged is blanked everywhere, and role names are what a difference is about.
"""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.postgresql.model import strip_usernames


class ActionModule(ActionBase):
    """The controller's half of the module ``postgresql_catalog``; everything that decides is in the other half."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        try:
            arguments["credentials"] = strip_usernames(arguments.get("databases"), arguments.get("credentials"))
        except StewardError as error:
            raise AnsibleActionFail(str(error)) from error
        result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
        return result
