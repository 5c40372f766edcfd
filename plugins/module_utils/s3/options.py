# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say where a server is and as whom it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ACCESS: Mapping[str, Mapping[str, Any]] = {
    "endpoint": {"type": "str", "required": True},
    "region": {"type": "str", "default": "us-east-1"},
    "credentials_file": {"type": "path", "default": "/etc/steward/backup/aws-credentials"},
    "profile": {"type": "str", "required": True},
    "ca_file": {"type": "path"},
}
# A source may be a directory instead.
SOURCE: Mapping[str, Mapping[str, Any]] = {
    **ACCESS,
    "endpoint": {"type": "str"},
    "profile": {"type": "str"},
    "bucket": {"type": "str"},
    "prefix": {"type": "str", "default": ""},
    "path": {"type": "path"},
}
