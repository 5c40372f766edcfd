# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The public files of the certificates of a host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: certificate_files
short_description: Turn issued and present certificates into the files to install
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Gives the rows that M(steward.platform.config_set) takes as O(steward.platform.config_set#module:files), with the
    authority's certificate first.
  - A certificate that only a real run can issue gets a line saying so, which a check run shows in its diff.
positional: authority, good, issued
options:
  _input:
    description: The certificates a host holds, as P(steward.platform.host_certificates#filter) lists them.
    type: list
    elements: dict
    required: true
  authority:
    description: The authority's certificate in PEM, empty in a check run without one.
    type: str
    required: true
  good:
    description: The certificates that need not be issued, PEM by name.
    type: dict
    required: true
  issued:
    description: The certificates that were just issued, PEM by name.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is installed
  ansible.builtin.debug:
    msg: >-
      {{ wishes | steward.platform.certificate_files(authority, requested.certificates, issued.certificates) }}
"""

RETURN = r"""
_value:
  description: One row for each file.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.pki.wishes import certificate_files


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"certificate_files": certificate_files}
