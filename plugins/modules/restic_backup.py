#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: restic_backup
short_description: Store files of a host in its restic repository
version_added: 0.1.0
description:
  - Makes one snapshot of all given paths. Only what no earlier snapshot has is added to the repository.
  - A path that is not there is an error that names it, unless it is in O(optional_paths).
  - A path that is a symbolic link is refused, because only the link would be stored.
  - Files that could not be read are warnings in the C(details) of RV(result).
attributes:
  check_mode:
    description: Can run in check mode and say what would be stored.
    support: full
  diff_mode:
    description: Lists the paths.
    support: full
  idempotent:
    description: Changes nothing while a snapshot of the same paths and tags is younger than O(max_age).
    support: partial
extends_documentation_fragment:
  - steward.platform.restic
options:
  part:
    description: What the snapshot is a part of a set for; it stands in the tag C(part=).
    type: str
    required: true
  paths:
    description: Files and directories, absolute.
    type: list
    elements: str
    default: []
  optional_paths:
    description: Those that may be absent.
    type: list
    elements: str
    default: []
  excludes:
    description: Patterns of what is left out, as restic's C(--exclude) reads them.
    type: list
    elements: str
    default: []
  tags:
    description: Tags of the snapshot by name.
    type: dict
    default: {}
  max_age:
    description: Seconds for which the last snapshot is good enough; V(0) makes one each time.
    type: int
    default: 0
"""

EXAMPLES = r"""
- name: Store the configuration
  steward.platform.restic_backup:
    repository: {name: main, type: posix, path: /var/backups/steward}
    host: web1
    part: configuration
    paths: [/etc]
    excludes: [/etc/ssl/private]

- name: Store what users have uploaded, where there is some, at most once an hour
  steward.platform.restic_backup:
    repository: {name: main, type: posix, path: /var/backups/steward}
    host: web1
    part: application_data
    optional_paths: [/srv/shop/uploads]
    tags: {platform: shop}
    max_age: 3600

- name: Store logs in another region
  steward.platform.restic_backup:
    repository:
      name: second
      type: s3
      endpoint: s3.example.org
      bucket: backups
      ca_file: /etc/ssl/certs/ca-certificates.crt
    host: web1
    part: logs
    paths: [/var/log]
"""

RETURN = r"""
result:
  description: What was stored; nothing when nothing was due, or in check mode.
  type: dict
  returned: success
  sample:
    part: configuration
    engine: restic
    version: 0.18.0
    repository: main
    kind: snapshot
    id: f18f8e0359879868deb646b333e99bf58b85d5804fac4c8bc0f43887a627d256
    started: "2026-01-01T02:00:00Z"
    finished: "2026-01-01T02:00:01Z"
    seconds: 1.02
    size: 3000003
    added: 1024
    files: 2
    details: {warnings: [], warnings_total: 0, paths: [/etc], absent: []}
snapshot:
  description: The last snapshot of these paths and tags from before, if there was one.
  type: dict
  returned: success
  sample: {id: f18f8e0359879868deb646b333e99bf58b85d5804fac4c8bc0f43887a627d256, time: "2026-01-01T02:00:00Z"}
"""

from ansible_collections.steward.platform.plugins.module_utils.core import clock
from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.restic import client, model
from ansible_collections.steward.platform.plugins.module_utils.restic.command import tag_words
from ansible_collections.steward.platform.plugins.module_utils.restic.plan import plan_backup

SPEC = {
    **model.SPEC,
    "part": {"type": "str", "required": True},
    "paths": {"type": "list", "elements": "str", "default": []},
    "optional_paths": {"type": "list", "elements": "str", "default": []},
    "excludes": {"type": "list", "elements": "str", "default": []},
    "tags": {"type": "dict", "default": {}},
    "max_age": {"type": "int", "default": 0},
}


def repository(options):
    return model.build_repository(options["repository"], host=options["host"])


def wish(options):
    given = {**options, "tags": {**options["tags"], model.PART: options["part"]}}
    tag_words(given["tags"])
    return given


def observe(options):
    client.present_paths(options["paths"], options["optional_paths"])
    return client.snapshots(repository(options), tags=wish(options)["tags"], wait=options["wait"])


def apply(options, changes):
    result = client.backup_paths(
        repository(options),
        part=options["part"],
        paths=options["paths"],
        optional=options["optional_paths"],
        excludes=options["excludes"],
        tags=wish(options)["tags"],
        host=options["host"],
        wait=options["wait"],
    )
    return {"result": result}


def main():
    run_module(
        SPEC,
        observe=observe,
        plan=lambda options, seen: plan_backup(repository(options), wish(options), seen, clock.now()),
        apply=apply,
    )


if __name__ == "__main__":
    main()
