# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How ``steward`` ends."""

from __future__ import annotations

DONE, FAILED, BAD_INPUT, BUSY, WARNINGS = 0, 1, 2, 3, 4
