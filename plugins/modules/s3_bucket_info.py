#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_bucket_info
short_description: Read how an S3 bucket protects what is in it
version_added: 0.1.0
description:
  - Reads versioning, Object Lock, lifecycle rules and policy of a bucket, as M(steward.platform.s3_bucket) compares
    them.
extends_documentation_fragment:
  - steward.platform.s3
  - steward.platform.looking
options:
  name:
    description: Name of the bucket.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Read how the bucket is protected
  steward.platform.s3_bucket_info:
    endpoint: https://s3.example.com
    profile: administrator
    name: backups
  register: bucket

- name: Refuse to go on without a lock
  ansible.builtin.assert:
    that:
      - bucket.exists
      - bucket.lock.mode == 'COMPLIANCE'
"""

RETURN = r"""
schema:
  description: Version of this document.
  returned: success
  type: int
  sample: 1
name:
  description: Name of the bucket.
  returned: success
  type: str
  sample: backups
exists:
  description: Whether there is such a bucket.
  returned: success
  type: bool
  sample: true
versioning:
  description: V(Enabled), V(Suspended) or V(off).
  returned: when it exists
  type: str
  sample: Enabled
lock:
  description: Default retention of new versions, null without Object Lock.
  returned: when it exists
  type: dict
  contains:
    mode:
      description: V(COMPLIANCE), V(GOVERNANCE), or empty without a default.
      type: str
    days:
      description: Days from the moment a version is written.
      type: int
  sample: {mode: COMPLIANCE, days: 35}
lifecycle:
  description: Rules as S3 has them, by their identifiers.
  returned: when it exists
  type: list
  elements: dict
  sample:
    - ID: remove-old-versions
      Status: Enabled
      Filter: {Prefix: ""}
      NoncurrentVersionExpiration: {NoncurrentDays: 36}
policy:
  description: The bucket policy, in which a list of one is that one. Empty without a policy.
  returned: when it exists
  type: dict
  sample: {}
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info
from ansible_collections.steward.platform.plugins.module_utils.s3.bucket import client
from ansible_collections.steward.platform.plugins.module_utils.s3.options import ACCESS


def main():
    run_info({**ACCESS, "name": {"type": "str", "required": True}}, client.read_bucket)


if __name__ == "__main__":
    main()
