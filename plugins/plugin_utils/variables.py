# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a family of inventory variables on the controller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleActionFail


def read_prefixed(templar: Any, task_vars: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """All variables whose name begins with the prefix, with their templates filled in."""
    return {name: templar.template(task_vars[name]) for name in task_vars if name.startswith(prefix)}


def refuse(errors: Sequence[str], what: str) -> None:
    """End the task with one line for each defect, when there is any."""
    if errors:
        count = f"{len(errors)} defect{'s' if len(errors) > 1 else ''}"
        lines = "\n".join(f"- {line}" for line in errors)
        raise AnsibleActionFail(f"{what} has {count}, nothing was changed:\n{lines}")
