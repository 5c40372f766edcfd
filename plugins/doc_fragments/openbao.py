# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that all modules for OpenBao have."""

from __future__ import annotations


class ModuleDocFragment:
    """How the server is reached, and as whom."""

    DOCUMENTATION = r"""
options:
  address:
    description: URL of the server, without a path.
    type: str
    default: https://127.0.0.1:8200
  ca_file:
    description: Certificates in PEM form that vouch for the server.
    type: path
    default: /etc/ssl/steward/ca/ca.pem
"""

    ADMIN = r"""
options:
  admin_file:
    description: JSON file on the host with C(role_id) and C(secret_id) of the admin AppRole, as
      M(steward.platform.openbao_server) makes it.
    type: path
    default: /etc/steward/openbao-admin.json
"""

    RENDERED = r"""
options:
  platform:
    description: Name of the platform, which is the name of the store.
    type: str
    required: true
  services:
    description: Services as the model has them; see M(steward.platform.openbao_catalog).
    type: list
    elements: dict
    required: true
  approle_directory:
    description: Where the files C(<service>.role-id) and C(<service>.secret-id) are.
    type: path
    default: /etc/steward/approle
  secrets_directory:
    description: Where each service's directory of rendered files is.
    type: path
    required: true
"""
