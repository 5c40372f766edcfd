#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: systemd_units
short_description: Bring several systemd units to their state at once
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Enables, starts, stops and disables units. It looks once and commands once per verb, however many units there are.
  - It does not reload the manager; M(steward.platform.config_set) does that when it writes a unit file.
attributes:
  check_mode:
    description: Can run in check mode and predict changes, also for units whose file does not exist yet.
    support: full
  diff_mode:
    description: Shows the state before and after for each unit.
    support: full
  idempotent:
    description: A second run changes nothing while the units stay in their state.
    support: full
options:
  enabled:
    description: Units that start at boot. A unit without C([Install]) section is refused.
    type: list
    elements: str
    default: []
  started:
    description: Units that run. A failed one is started again, also one that was restarted too often to be started.
    type: list
    elements: str
    default: []
  stopped:
    description: Units that do not run and do not start at boot. They may be missing.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Run two instances instead of the default one
  steward.platform.systemd_units:
    enabled: [redis-server@cache.service, redis-server@queue.service]
    started: [redis-server@cache.service, redis-server@queue.service]
    stopped: [redis-server.service]

- name: Let a timer run
  steward.platform.systemd_units:
    enabled: [steward-status.timer]
    started: [steward-status.timer]
"""

RETURN = r"""#"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.systemd_units import client
from ansible_collections.steward.platform.plugins.module_utils.systemd_units.plan import plan_units

KINDS = ("enabled", "started", "stopped")


def main():
    run_module(
        {kind: {"type": "list", "elements": "str", "default": []} for kind in KINDS},
        observe=lambda options: client.observe([name for kind in KINDS for name in options[kind]]),
        plan=lambda options, units: plan_units(units, **{kind: options[kind] for kind in KINDS}),
        apply=lambda options, plan: client.apply(plan),
    )


if __name__ == "__main__":
    main()
