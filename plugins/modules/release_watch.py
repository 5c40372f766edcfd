#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: release_watch
short_description: See that a release stays well under traffic
version_added: 0.1.0
description:
  - Asks each replica of the services that a release starts, once a second, whether it is ready, and the engine whether
    its containers are well. Three answers in a row that are not 200, or a container that died, are an error that names
    the service and says what it said last.
extends_documentation_fragment:
  - steward.platform.release
  - steward.platform.release.identity
  - steward.platform.looking
options:
  address:
    description: The private address of this app host.
    type: str
    required: true
  services:
    description: What RV(steward.platform.release_stage#module:services) said.
    type: dict
    required: true
  observe:
    description: Seconds to watch.
    type: int
    default: 5
"""

EXAMPLES = r"""
- name: Watch a release for a minute
  steward.platform.release_watch:
    platform: "{{ platform }}"
    release: "20241225_143000"
    services: "{{ staged.services }}"
    address: 10.0.0.10
    observe: 60
"""

RETURN = r"""
watched:
  description: The slots that were watched; empty when the release started none.
  type: list
  elements: str
  returned: success
  sample: [dotmac-isp-framework-green]
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info
from ansible_collections.steward.platform.plugins.module_utils.release.switch import client


def main() -> None:
    spec = {
        "platform": {"type": "dict", "required": True},
        "release": {"type": "str", "required": True},
        "address": {"type": "str", "required": True},
        "services": {"type": "dict", "required": True},
        "observe": {"type": "int", "default": 5},
    }
    run_info(spec, client.watch)


if __name__ == "__main__":
    main()
