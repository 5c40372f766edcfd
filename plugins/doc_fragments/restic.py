# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that all modules for restic have."""

from __future__ import annotations


class ModuleDocFragment:
    """Which repository, and whose."""

    DOCUMENTATION = r"""
options:
  repository:
    description:
      - Where the repositories of all hosts are. That of a host is at C(restic/<host>) in it.
      - A restic repository is always encrypted, with the password in O(repository.password_file).
    type: dict
    required: true
    suboptions:
      name:
        description: Name of the place, which stands in results and errors.
        type: str
        required: true
      type:
        description: A directory, a bucket that is reached over TLS, or a directory that is reached over SSH.
        type: str
        choices: [posix, s3, sftp]
        required: true
      path:
        description: Absolute path for V(posix) and V(sftp), a prefix of objects' names for V(s3).
        type: str
      password_file:
        description: File with the repository's password. Defaults to C(/etc/steward/backup/restic-password).
        type: str
      compression:
        description: How hard new data is compressed. Defaults to V(auto), restic's own default.
        type: str
        choices: [auto, "off", max]
      limit_upload:
        description: KiB a second that a backup writes at most. Defaults to V(0), which is no limit.
        type: int
      endpoint:
        description: Server of V(s3), as C(HOST) or C(HOST:PORT).
        type: str
      bucket:
        description: Bucket of V(s3).
        type: str
      region:
        description: Region of V(s3). Defaults to V(us-east-1).
        type: str
      ca_file:
        description: Certificates in PEM form that vouch for the server of V(s3). Defaults to the system's.
        type: str
      credentials_file:
        description:
          - File with the keys for V(s3), as the AWS programs read it. Defaults to
            C(/etc/steward/backup/aws-credentials).
        type: str
      profile:
        description: Section of O(repository.credentials_file). Defaults to O(repository.name).
        type: str
      host:
        description: Server of V(sftp). Its key must be known already.
        type: str
      port:
        description: Port of V(sftp). Defaults to V(22).
        type: int
      user:
        description: Account on the server of V(sftp).
        type: str
      identity_file:
        description: Private key for V(sftp). Defaults to what SSH finds by itself.
        type: str
      known_hosts_file:
        description: Keys of the servers of V(sftp). Defaults to what SSH finds by itself.
        type: str
  host:
    description: Host whose repository it is, as it stands in its snapshots.
    type: str
    required: true
  wait:
    description: Seconds to wait for somebody else who uses the repository.
    type: int
    default: 60
requirements:
  - restic 0.18 or newer
author:
  - steward.platform contributors (@steward)
"""
