# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of one run: extra variables that every procedure checks against its table before it does anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.core.schema import Field, check, unknown_name
from ansible_collections.steward.platform.plugins.module_utils.release.model import OPTIONS
from ansible_collections.steward.platform.plugins.plugin_utils.variables import read_prefixed


def deploy_options(
    templar: Any, task_vars: Mapping[str, Any], platform: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """The ``deploy_*`` options; also refused is an environment that is not the inventory's."""
    options, errors = read_options(templar, task_vars, "deploy_", OPTIONS)
    meant = options["environment"]
    if meant not in (None, platform["environment"]):
        errors.append(f"deploy_environment is {meant!r}, this inventory is {platform['environment']!r}")
    return options, errors


def read_options(
    templar: Any, task_vars: Mapping[str, Any], prefix: str, known: Mapping[str, Field]
) -> tuple[dict[str, Any], list[str]]:
    """The options of one run by their short names, with defaults, and what is wrong with them.

    :param prefix: no other variable may begin with it.
    """
    named = {name: templar.template(task_vars[name]) for name in known if name in task_vars}
    given = read_prefixed(templar, task_vars, prefix) | named
    written = {name: _plain(value, known[name].kind if name in known else "") for name, value in given.items()}
    errors = [unknown_name(name, known, name) for name in written if name not in known]
    checked = {name: check(written.get(name), field, name) for name, field in known.items()}
    errors += [line for part in checked.values() for line in part.errors]
    return {name.removeprefix(prefix): part.value for name, part in checked.items()}, errors


def _plain(value: Any, kind: str) -> Any:
    """An option given on the command line as ``-e deploy_force=true`` is text; read it as what it says."""
    if kind == "text":
        return str(value).lower() if isinstance(value, bool) else value
    if isinstance(value, str) and value.lower() in ("true", "false", "yes", "no"):
        return value.lower() in ("true", "yes")
    return int(value) if isinstance(value, str) and value.isdigit() else value
