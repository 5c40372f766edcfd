#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_bucket
short_description: Make an S3 bucket in which backups outlive the host that writes them
version_added: 0.1.0
description:
  - Creates the bucket and sets versioning, Object Lock, lifecycle rules and who may do what. Each part is compared with
    what the server says and told only when it differs.
  - Never weakens what protects versions that are there. Suspending the versioning of a bucket with Object Lock, and
    shortening or softening a V(COMPLIANCE) retention, are refused before anything changes, even where the server
    would allow it.
  - Never removes a bucket.
extends_documentation_fragment:
  - steward.platform.s3
attributes:
  check_mode:
    description: Can run in check mode and predict changes without making any.
    support: full
  diff_mode:
    description: Shows one difference per part, lifecycle and policy as JSON.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
options:
  state:
    description: The bucket is there with these properties.
    type: str
    choices: [present]
    default: present
  name:
    description: Name of the bucket, 3 to 63 lower-case letters, digits and hyphens.
    type: str
    required: true
  versioning:
    description: Whether what is overwritten or deleted stays as an old version. O(lock) needs it.
    type: bool
    default: true
  lock:
    description:
      - Default retention of new versions, which nobody can delete before its end. Without this option the lock of the
        bucket is left as it is. Object Lock itself cannot be taken from a bucket again.
    type: dict
    suboptions:
      mode:
        description: V(COMPLIANCE) holds for everybody, V(GOVERNANCE) not for who may bypass it.
        type: str
        choices: [COMPLIANCE, GOVERNANCE]
        default: COMPLIANCE
      days:
        description: Days from the moment a version is written. More than the oldest backup that is kept is of no use.
        type: int
        required: true
  lifecycle:
    description:
      - Rules by which the server removes what is no longer needed; an empty list removes all rules. Without this option
        they are left as they are.
    type: list
    elements: dict
    suboptions:
      name:
        description: Identifier of the rule, each only once.
        type: str
        required: true
      prefix:
        description: Keys it is for, by their beginning; all by default.
        type: str
        default: ""
      expire_days:
        description: Days after which a current version is deleted.
        type: int
      noncurrent_days:
        description: Days a version stays after it was overwritten or deleted. A locked one stays until its lock ends.
        type: int
      noncurrent_keep:
        description: Old versions that stay whatever their age. Needs O(lifecycle[].noncurrent_days).
        type: int
      expire_markers:
        description: Remove delete markers that have no version left below them. Excludes O(lifecycle[].expire_days).
        type: bool
        default: false
      abort_multipart_days:
        description: Days after which an upload that was begun and not ended is removed.
        type: int
  grants:
    description:
      - Who may do what, as the whole bucket policy; an empty list removes the policy. Without this option it is left as
        it is. No grant allows to delete a version.
    type: list
    elements: dict
    suboptions:
      principal:
        description:
          - ARN of the user or role. SeaweedFS has the account C(000000000000), and matches nobody without it.
        type: str
        required: true
      grant:
        description:
          - V(backup) reads, writes and deletes current objects, which pgBackRest needs. V(append) reads and writes, and
            deletes only locks of restic (C(locks/*) in any folder). V(read) only reads, old versions included.
        type: str
        choices: [backup, append, read]
        required: true
      prefix:
        description: Folder it is for, without slashes at its ends; all by default. Names of all keys can be listed.
        type: str
        default: ""
"""

EXAMPLES = r"""
- name: Make the bucket of the backups
  steward.platform.s3_bucket:
    endpoint: https://s3.example.com
    profile: administrator
    name: backups
    lock:
      days: 35
    lifecycle:
      - name: remove-old-versions
        noncurrent_days: 36
        expire_markers: true
        abort_multipart_days: 2
    grants:
      - principal: arn:aws:iam::123456789012:user/backup
        grant: backup
        prefix: pgbackrest
      - principal: arn:aws:iam::123456789012:user/backup
        grant: append
        prefix: restic

- name: Extend the retention and leave all else
  steward.platform.s3_bucket:
    endpoint: https://s3.example.com
    profile: administrator
    name: backups
    lock:
      days: 90
"""

RETURN = r"""#"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.s3.bucket import client
from ansible_collections.steward.platform.plugins.module_utils.s3.bucket.model import GRANTS, build_bucket
from ansible_collections.steward.platform.plugins.module_utils.s3.bucket.plan import plan_bucket
from ansible_collections.steward.platform.plugins.module_utils.s3.options import ACCESS

RULE = {
    "name": {"type": "str", "required": True},
    "prefix": {"type": "str", "default": ""},
    "expire_days": {"type": "int"},
    "noncurrent_days": {"type": "int"},
    "noncurrent_keep": {"type": "int"},
    "expire_markers": {"type": "bool", "default": False},
    "abort_multipart_days": {"type": "int"},
}
GRANT = {
    "principal": {"type": "str", "required": True},
    "grant": {"type": "str", "choices": list(GRANTS), "required": True},
    "prefix": {"type": "str", "default": ""},
}
LOCK = {
    "mode": {"type": "str", "choices": ["COMPLIANCE", "GOVERNANCE"], "default": "COMPLIANCE"},
    "days": {"type": "int", "required": True},
}
SPEC = {
    **ACCESS,
    "state": {"type": "str", "choices": ["present"], "default": "present"},
    "name": {"type": "str", "required": True},
    "versioning": {"type": "bool", "default": True},
    "lock": {"type": "dict", "options": LOCK},
    "lifecycle": {"type": "list", "elements": "dict", "options": RULE},
    "grants": {"type": "list", "elements": "dict", "options": GRANT},
}


def observe(options):
    build_bucket(options)
    return client.observe(options)


def main():
    run_module(
        SPEC,
        observe=observe,
        plan=lambda options, seen: plan_bucket(build_bucket(options), seen),
        apply=client.apply,
    )


if __name__ == "__main__":
    main()
