#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recovery_site_info
short_description: See whether a lost site can be recovered onto a host
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Refuses a host that holds data of a platform, unless a recovery that was begun there put it there; and one that has
    no repository where the inventory says, when all repositories are folders of the host.
  - Asks no engine, so it works before anything is installed.
extends_documentation_fragment:
  - steward.platform.looking
  - steward.platform.recovery_site
options:
  redis:
    description: Names of the Redis instances.
    type: list
    elements: str
    default: []
  repositories:
    description: The repositories, as the role P(steward.platform.backup#role) takes them.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: See that the host is bare
  steward.platform.recovery_site_info:
    host: db1
    platform: dotmac

- name: See that its repository is there, too
  steward.platform.recovery_site_info:
    host: db1
    platform: dotmac
    repositories: [{name: local, type: posix, path: /var/backups/steward}]

- name: See how far a recovery came
  steward.platform.recovery_site_info:
    host: db1
    platform: dotmac
  register: recovery
"""

RETURN = r"""
journal:
  description: The journal of a recovery that was begun and has not ended, else none.
  type: dict
  returned: success
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info
from ansible_collections.steward.platform.plugins.module_utils.recovery.site import client
from ansible_collections.steward.platform.plugins.module_utils.recovery.site.plan import SPEC


def main():
    run_info(
        {
            **SPEC,
            "redis": {"type": "list", "elements": "str", "default": []},
            "repositories": {"type": "list", "elements": "dict", "default": []},
        },
        client.inspect,
    )


if __name__ == "__main__":
    main()
