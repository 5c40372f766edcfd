#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: release_info
short_description: Read the release that serves
version_added: 0.1.0
description:
  - Reads the ledger of an app host, C(/opt/<platform>/current/release.json). A record of a newer version is refused.
extends_documentation_fragment:
  - steward.platform.release
  - steward.platform.looking
"""

EXAMPLES = r"""
- name: See what serves
  steward.platform.release_info:
    platform: "{{ platform }}"
  register: serving

- name: Name it
  ansible.builtin.debug:
    msg: "{{ serving.current.id }} by {{ serving.current.by }}"
  when: serving.current is not none

- name: Read the director's servers of the serving release
  ansible.builtin.debug:
    var: serving.active_servers
"""

RETURN = r"""
current:
  description: The record of the release that serves, none before the first.
  returned: always
  type: dict
active_servers:
  description: Of each web service the servers of the director that are to serve.
  returned: always
  type: dict
  sample: {isp-framework: [blue-1, blue-2]}
platform:
  description: The model, with the replicas that scaling gave since.
  returned: always
  type: dict
scaled:
  description:
    - Of each service that was scaled its replicas and those of the inventory then. Where the inventory has come to say
      something else, it counts again.
  returned: always
  type: dict
  sample: {isp-framework: {replicas: 3, inventory: 2}}
"""

from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.core.module import Parameters, run_info
from ansible_collections.steward.platform.plugins.module_utils.release import client
from ansible_collections.steward.platform.plugins.module_utils.release.plan import active_servers
from ansible_collections.steward.platform.plugins.module_utils.release.stored import at_scale


def look(parameters: Parameters) -> dict[str, Any]:
    platform = parameters["platform"]
    current = client.current_record(platform["paths"])
    serving = current["services"] if current else {}
    # A service that no release has yet is to have no servers; without it here the director would keep what it finds.
    none = {service["name"]: [] for service in platform["services"] if service["kind"] == "web"}
    scaled_platform, scaled = at_scale(platform, current["scaled"] if current else {})
    return {
        "current": current,
        "active_servers": none | active_servers(serving, platform["groups"]["app"]),
        "platform": scaled_platform,
        "scaled": scaled,
    }


def main() -> None:
    run_info({"platform": {"type": "dict", "required": True}}, look)


if __name__ == "__main__":
    main()
