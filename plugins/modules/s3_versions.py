#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_versions
short_description: Bring a versioned bucket, or a folder in it, back to a moment
version_added: 0.1.0
description:
  - Makes every object be again what it was at a moment, from the versions that the bucket kept; for when somebody
    deleted or overwrote a repository with the key of a host.
  - What was deleted since comes back by removing its delete markers, what was overwritten by copying the old version.
    What came later stays, unless O(remove_newer) is given.
  - Destroys no version, so what it did can be undone by another moment. Can be interrupted and run again.
  - Stop the backups and archiving of the hosts that write there before.
extends_documentation_fragment:
  - steward.platform.s3
attributes:
  check_mode:
    description: Can run in check mode and predict changes without making any.
    support: full
  diff_mode:
    description: Shows for each object what is current and what will be.
    support: full
  idempotent:
    description: A second run with the same moment changes nothing.
    support: partial
    details:
      - An object that was written in parts has another ETag when it was copied back, so it is copied again.
options:
  bucket:
    description: Name of the bucket, which must have versioning.
    type: str
    required: true
  prefix:
    description: Folder in the bucket, all of it by default.
    type: str
    default: ""
  moment:
    description: Moment of the past with its zone, as C(2026-11-28T02:00:00Z). In that second counts as before.
    type: str
    required: true
  remove_markers:
    description:
      - Whether delete markers are removed, which needs the right to delete versions (C(s3:DeleteObjectVersion)). With
        V(false) the old versions are copied, which a key that may write can do.
    type: bool
    default: true
  remove_newer:
    description: Whether objects that came after the moment are deleted; they stay as old versions.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: See what somebody did to the repository since last night
  steward.platform.s3_versions:
    endpoint: https://s3.example.com
    profile: administrator
    bucket: backups
    moment: "2026-11-28T02:00:00Z"
  check_mode: true
  diff: true

- name: Bring the repository back to last night
  steward.platform.s3_versions:
    endpoint: https://s3.example.com
    profile: administrator
    bucket: backups
    moment: "2026-11-28T02:00:00Z"

- name: Bring one host's files back with that host's own key
  steward.platform.s3_versions:
    endpoint: https://s3.example.com
    profile: second
    bucket: backups
    prefix: dotmac/restic/web1
    moment: "2026-11-28T02:00:00Z"
    remove_markers: false
"""

RETURN = r"""
keys:
  description: How many objects there were at the moment.
  returned: success
  type: int
  sample: 1204
versions:
  description: How many versions and delete markers there are of all objects.
  returned: success
  type: int
  sample: 3120
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.s3.options import ACCESS
from ansible_collections.steward.platform.plugins.module_utils.s3.versions import client

SPEC = {
    **ACCESS,
    "bucket": {"type": "str", "required": True},
    "prefix": {"type": "str", "default": ""},
    "moment": {"type": "str", "required": True},
    "remove_markers": {"type": "bool", "default": True},
    "remove_newer": {"type": "bool", "default": False},
}


def main():
    run_module(SPEC, observe=client.list_versions, plan=client.plan_for, apply=client.apply)


if __name__ == "__main__":
    main()
