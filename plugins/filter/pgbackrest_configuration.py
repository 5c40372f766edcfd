# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: pgbackrest_configuration
short_description: The directories and the file of pgBackRest's configuration
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Gives directories and files as M(steward.platform.config_set) takes them. The file holds keys, so it is given as
    secret content.
  - Backups expire by sets, so pgBackRest itself never expires one.
positional: _input
options:
  _input:
    description:
      - The repositories, the main one first. Each has O(_input[].name) and O(_input[].type).
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name.
        type: str
        required: true
      type:
        description: Kind of storage.
        type: str
        choices: [posix, s3, sftp]
        required: true
      path:
        description:
          - Path that it shares with other engines. pgBackRest uses the folder C(pgbackrest) in it.
          - In a bucket by default the top.
        type: str
      encrypted:
        description: Whether it is encrypted, which cannot be changed later.
        type: bool
        default: true
      cipher_pass:
        description: Passphrase of an encrypted one, 20 characters or more.
        type: str
      endpoint:
        description: For V(s3), host and port.
        type: str
      bucket:
        description: For V(s3).
        type: str
      region:
        description: For V(s3).
        type: str
        default: us-east-1
      uri_style:
        description: For V(s3), whether the bucket is a part of the host's name or of the path.
        type: str
        choices: [host, path]
        default: host
      ca_file:
        description: For V(s3), certificates that vouch for the server. By default, those of the system.
        type: str
      access_key:
        description: For V(s3).
        type: str
      secret_key:
        description: For V(s3).
        type: str
      host:
        description: For V(sftp).
        type: str
      port:
        description: For V(sftp).
        type: int
        default: 22
      user:
        description: For V(sftp).
        type: str
      key_file:
        description: For V(sftp), private key that the account postgres can read.
        type: str
      known_hosts_file:
        description: For V(sftp), file with the server's key. No other key is accepted.
        type: str
  version:
    description: Installed release of pgBackRest. What it lacks is left out, or refused where that is no way out.
    type: str
    required: true
  cpus:
    description: Number of the host's CPUs.
    type: int
    required: true
  data_directory:
    description: Data directory of the cluster.
    type: str
    required: true
  port:
    description: Port of the cluster.
    type: int
    default: 5432
  stanza:
    description: Name of the stanza.
    type: str
    default: main
  compress_level:
    description: Level of zstd.
    type: int
    default: 3
"""

EXAMPLES = r"""
configuration: >-
  {{ repositories | steward.platform.pgbackrest_configuration(
       version='2.55.1', cpus=ansible_facts.processor_vcpus, data_directory='/var/lib/postgresql/17/main') }}
"""

RETURN = r"""
_value:
  description: Lists C(directories) and C(files).
  type: dict
"""

from ansible_collections.steward.platform.plugins.module_utils.pgbackrest.render import describe_configuration


class FilterModule:
    def filters(self):
        return {"pgbackrest_configuration": describe_configuration}
