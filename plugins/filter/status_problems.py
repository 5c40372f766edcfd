# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a host is not healthy."""

from __future__ import annotations

import json
from typing import Any

DOCUMENTATION = r"""
name: status_problems
short_description: What a host's status says is wrong
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Reads the JSON that C(steward status) printed. Of another text it gives the last line.
options:
  _input:
    description: What the command printed.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Name what is wrong
  ansible.builtin.debug:
    msg: "{{ asked.stdout | steward.platform.status_problems }}"
"""

RETURN = r"""
_value:
  description: What is wrong, divided by semicolons; empty when nothing was printed.
  type: str
"""

from ansible_collections.steward.platform.plugins.module_utils.health.report import problems


def status_problems(text: str) -> str:
    """What is wrong in one line."""
    try:
        return "; ".join(problems(json.loads(text)))
    except ValueError:
        return "".join(text.strip().splitlines()[-1:])


class FilterModule:
    """The filter under its name."""

    def filters(self) -> dict[str, Any]:
        return {"status_problems": status_problems}
