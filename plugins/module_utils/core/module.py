# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The thin door between Ansible and the domains: arguments in, observe, plan, apply, one result out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ansible.module_utils.basic import AnsibleModule

from .errors import StewardError
from .plan import Plan

World = TypeVar("World")
Parameters = Mapping[str, Any]


def run_module(
    argument_spec: Mapping[str, Any],
    *,
    observe: Callable[[Parameters], World],
    plan: Callable[[Parameters, World], Plan],
    apply: Callable[[Parameters, Plan], Mapping[str, Any] | None],
    **options: Any,
) -> None:
    """Run a module that changes things; ``apply`` is skipped in check mode and when the plan is empty.

    The plan's facts are returned, overlaid by what ``apply`` returns. ``options`` go to AnsibleModule
    (``required_if``, ``mutually_exclusive`` …).
    """
    module = AnsibleModule(argument_spec=dict(argument_spec), supports_check_mode=True, **options)
    learned: Mapping[str, Any] = {}
    try:
        wanted = plan(module.params, observe(module.params))
        if wanted.changed and not module.check_mode:
            learned = apply(module.params, wanted) or {}
    except StewardError as error:
        module.fail_json(msg=str(error), hint=error.hint, **error.data)
    module.exit_json(**{"changed": wanted.changed, "diff": wanted.diff(), **wanted.facts, **learned})


def run_info(
    argument_spec: Mapping[str, Any], observe: Callable[[Parameters], Mapping[str, Any]], **options: Any
) -> None:
    """Run a module that only looks; what ``observe`` returns is the result. ``options`` go to AnsibleModule."""
    module = AnsibleModule(argument_spec=dict(argument_spec), **{"supports_check_mode": True, **options})
    try:
        seen = observe(module.params)
    except StewardError as error:
        module.fail_json(msg=str(error), hint=error.hint, **error.data)
    module.exit_json(**{"changed": False, **seen})
