# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say where a server is and as whom it is asked."""

from __future__ import annotations

ACCESS = {
    "endpoint": {"type": "str", "required": True},
    "region": {"type": "str", "default": "us-east-1"},
    "credentials_file": {"type": "path", "default": "/etc/steward/backup/aws-credentials"},
    "profile": {"type": "str", "required": True},
    "ca_file": {"type": "path"},
}
