# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules of a release have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """The platform and the attributes."""

    DOCUMENTATION = r"""
options:
  platform:
    description: The normalised model, as the role P(steward.platform.platform#role) publishes it.
    type: dict
    required: true
author:
  - steward.platform contributors (@steward)
"""

    IDENTITY = r"""
options:
  release:
    description: Id of the release, as C(20241225_143000).
    type: str
    required: true
"""

    ATTRIBUTES = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode and say what would happen, starting and stopping nothing.
    support: full
  diff_mode:
    description: Shows what becomes different.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
"""
