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

    AGAIN = r"""
options:
  scaled:
    description: Of each scaled service its replicas and the inventory's, as M(steward.platform.release_info) says.
    type: dict
    default: {}
"""

    SCHEMA = r"""
options:
  steps:
    description: The databases to bring somewhere, one after the other.
    type: list
    elements: dict
    required: true
    suboptions:
      service:
        description: The service whose database it is.
        type: str
        required: true
      command:
        description: The command that brings it there, in a container of the release.
        type: list
        elements: str
        required: true
      to:
        description: The revision it then is at.
        type: list
        elements: str
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
