#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: restic_check
short_description: Check that a restic repository is whole
version_added: 0.1.0
description:
  - Looks at the structure of the repository and the sizes of its files, and on demand reads the data, too.
  - A damaged repository is a failed task that names what is damaged, unless O(fail) is false.
extends_documentation_fragment:
  - steward.platform.restic
  - steward.platform.looking
options:
  read_data_subset:
    description:
      - How much of the data is read and compared with its checksums, as restic's C(--read-data-subset) reads it; for
        example V(100%), V(1/7) or V(2G). Nothing is read when it is empty.
    type: str
    default: ""
  fail:
    description: Whether a damaged repository is a failed task.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Look at the structure
  steward.platform.restic_check:
    repository: {name: main, type: posix, path: /var/backups/steward}
    host: web1

- name: Read a seventh of the data, another one each day
  steward.platform.restic_check:
    repository: {name: main, type: posix, path: /var/backups/steward}
    host: web1
    read_data_subset: "{{ ansible_date_time.weekday_number | int + 1 }}/7"

- name: Read everything and go on
  steward.platform.restic_check:
    repository: {name: main, type: posix, path: /var/backups/steward}
    host: web1
    read_data_subset: 100%
    fail: false
  register: checked
"""

RETURN = r"""
sound:
  description: Whether nothing was found.
  type: bool
  returned: always
  sample: true
errors:
  description: What was found, at most 50 lines.
  type: list
  elements: str
  returned: always
  sample: []
errors_total:
  description: How many errors restic counted.
  type: int
  returned: always
  sample: 0
damaged_packs:
  description: Files of the repository whose data is damaged.
  type: list
  elements: str
  returned: always
  sample: []
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info
from ansible_collections.steward.platform.plugins.module_utils.restic import client, model
from ansible_collections.steward.platform.plugins.module_utils.restic.plan import refuse_damage

SPEC = {
    **model.SPEC,
    "read_data_subset": {"type": "str", "default": ""},
    "fail": {"type": "bool", "default": True},
}


def observe(options):
    repository = model.build_repository(options["repository"], host=options["host"])
    found = client.check(repository, read_data_subset=options["read_data_subset"], wait=options["wait"])
    if options["fail"]:
        refuse_damage(repository, found)
    return found


def main():
    run_info(SPEC, observe)


if __name__ == "__main__":
    main()
