# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that all modules for pgBackRest have."""

from __future__ import annotations


class ModuleDocFragment:
    """Which stanza, and where its server is."""

    DOCUMENTATION = r"""
options:
  stanza:
    description: Name of the stanza in pgBackRest's configuration.
    type: str
    default: main
"""

    SERVER = r"""
options:
  port:
    description: Port of the cluster on this host, which is asked over its local socket.
    type: int
    default: 5432
"""
