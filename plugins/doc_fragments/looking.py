# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The attributes of modules that only look."""

from __future__ import annotations


class ModuleDocFragment:
    """What every such module is by its nature."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Only looks.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
  idempotent:
    description: Changes nothing.
    support: full
"""
