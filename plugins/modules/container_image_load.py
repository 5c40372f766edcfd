#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_image_load
short_description: Load images that another host built
version_added: 0.1.0
description:
  - Says which images are not on the host. With an archive, sends it there and loads it; only when something is missing.
options:
  images:
    description: References of the images that are to be there.
    type: list
    elements: str
    required: true
  archive:
    description:
      - Archive on the controller, as M(steward.platform.container_image_archive) returns it. Without one nothing is
        loaded.
    type: path
attributes:
  check_mode:
    description: Can run in check mode and say what would be loaded.
    support: full
  diff_mode:
    description: Shows what becomes different.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
author:
  - steward.platform contributors (@steward)
"""

EXAMPLES = r"""
- name: See what is missing
  steward.platform.container_image_load:
    images: ["dotmac/isp-framework:1f2e"]
  register: there
  check_mode: true

- name: Load it
  steward.platform.container_image_load:
    images: ["dotmac/isp-framework:1f2e"]
    archive: "{{ archive.archive }}"
"""

RETURN = r"""
missing:
  description: The images that were not there.
  returned: success
  type: list
  elements: str
  sample: ["dotmac/isp-framework:1f2e"]
"""

from ansible_collections.steward.platform.plugins.module_utils.containers.transfer import client
from ansible_collections.steward.platform.plugins.module_utils.containers.transfer.plan import plan_load
from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module


def main() -> None:
    spec = {"images": {"type": "list", "elements": "str", "required": True}, "archive": {"type": "path"}}
    run_module(spec, observe=client.observe, plan=plan_load, apply=client.load)


if __name__ == "__main__":
    main()
