# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directories and files of a host's backups."""

from __future__ import annotations

DOCUMENTATION = r"""
name: backup_files
short_description: The directories and files of a host's backups
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Gives directories and files as M(steward.platform.config_set) takes them - the document itself, the keys in files
    that only root reads, and on a database host the configuration of pgBackRest. Keys are secret content.
positional: _input, secrets
options:
  _input:
    description: What the filter P(steward.platform.backup_configuration#filter) gives.
    type: dict
    required: true
  secrets:
    description: The fields of the keys by path, as M(steward.platform.openbao_secret_info) returns them.
    type: dict
    required: true
  credentials:
    description: C(access_key) and C(secret_key) of each S3 repository by its name.
    type: dict
    required: true
  authorities:
    description: Certificates in PEM form that vouch for S3 servers, by the repository's name.
    type: dict
    default: {}
  escrow:
    description: Whether copies of the keys lie on this host, to be carried away.
    type: bool
    required: true
  version:
    description: Release of pgBackRest on a database host.
    type: str
    required: true
  cpus:
    description: Number of the host's CPUs.
    type: int
    required: true
  data_directory:
    description: Data directory of PostgreSQL.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Configure the backups
  steward.platform.config_set:
    directories: "{{ backup.directories }}"
    files: "{{ backup.files }}"
  vars:
    backup: >-
      {{ document | steward.platform.backup_files(
           keys.secrets, credentials={}, escrow=false, version='2.55', cpus=2,
           data_directory='/var/lib/postgresql/17/main') }}
"""

RETURN = r"""
_value:
  description: Lists C(directories), C(files) and C(absent).
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.backup_set.wishes import describe_files


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"backup_files": describe_files}
