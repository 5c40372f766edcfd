# SPDX-License-Identifier: GPL-3.0-or-later
"""What looking at an update and doing it have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """How far an update may go."""

    DOCUMENTATION = r"""
options:
  allow_removals:
    description: Let an upgrade remove packages. Otherwise an upgrade that asks for it is left, and named.
    type: bool
    default: false
  restart:
    description:
      - Which units that use replaced files are restarted. V(safe) leaves those that O(protected) names, V(all) restarts
        them too, after all others; V(none) restarts none.
    type: str
    choices: [safe, all, none]
    default: safe
  reboot:
    description: Whether the host is to reboot. Then nothing is restarted before.
    type: str
    choices: ["true", "false", when_needed]
    default: when_needed
  protected:
    description: Patterns of units whose restart interrupts what the host is there for.
    type: list
    elements: str
    default: []
author:
  - steward.platform contributors (@steward)
"""
