# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules that dump and restore databases have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """The server, and how many connections work at once."""

    DOCUMENTATION = r"""
options:
  server:
    description:
      - The PostgreSQL server. Without it the one of this host is used over its socket, as the account C(postgres).
      - No password is an option here. It stays in O(server.passfile).
    type: dict
    suboptions:
      host:
        description: Name or address of another server, or of one in a container. Empty means the local socket.
        type: str
        default: ""
      port:
        description: Port of the server.
        type: int
        default: 5432
      user:
        description: Role that dumps or restores.
        type: str
        default: postgres
      passfile:
        description:
          - File with the password, in libpq's format C(host:port:database:user:password). Its mode must be C(0600)
            or C(0400).
        type: path
        default: ""
      sslmode:
        description: How the connection is protected. Below V(verify-ca) nobody knows who the server is.
        type: str
        choices: [disable, allow, prefer, require, verify-ca, verify-full]
        default: verify-full
      sslrootcert:
        description: CA of the server's certificate. Needed by V(verify-ca) and V(verify-full).
        type: path
        default: ""
      maintenance:
        description: Database to connect to for what concerns the whole server.
        type: str
        default: postgres
  jobs:
    description: Connections that work at once, from 1 to 64. Each needs one of the server's.
    type: int
    default: 2
requirements:
  - postgresql-client of at least the server's major version
  - python3-psycopg2
author:
  - steward.platform contributors (@steward)
"""
