#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_image_archive
short_description: Bring images from a host to the controller
version_added: 0.1.0
description:
  - Saves images that are on the host and brings the archive here, for M(steward.platform.container_image_load) on
    another host. Nothing of it is left on the host, and the archive goes when Ansible ends.
options:
  images:
    description: References of the images.
    type: list
    elements: str
    required: true
  path:
    description: Set by the action; where the archive is on the host.
    type: path
attributes:
  check_mode:
    description: Does nothing in check mode.
    support: none
  diff_mode:
    description: Shows what becomes different.
    support: none
  idempotent:
    description: Each run makes an archive.
    support: none
author:
  - steward.platform contributors (@steward)
"""

EXAMPLES = r"""
- name: Bring what the other hosts lack
  steward.platform.container_image_archive:
    images: ["dotmac/isp-framework:1f2e"]
  register: archive

- name: Load it there
  steward.platform.container_image_load:
    images: ["dotmac/isp-framework:1f2e"]
    archive: "{{ archive.archive }}"
"""

RETURN = r"""
archive:
  description: Where the archive is on the controller.
  returned: success
  type: str
bytes:
  description: Its size.
  returned: success
  type: int
"""

from ansible_collections.steward.platform.plugins.module_utils.containers.transfer.client import save
from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info


def main() -> None:
    run_info(
        {"images": {"type": "list", "elements": "str", "required": True}, "path": {"type": "path"}},
        save,
        supports_check_mode=False,
    )


if __name__ == "__main__":
    main()
