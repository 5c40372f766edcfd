#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action; the work is done on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: platform_model
short_description: Check and normalise what an inventory says about a platform
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Reads every variable of the host whose name begins with V(platform_), refuses what is unknown, missing or
    contradictory with one line for each defect, and returns the one normalised model that all roles read.
  - Runs on the controller, connects to nothing and changes nothing. It has no options, the variables are its input.
  - Which variables there are, with types, defaults and limits, stands in C(docs/platform-model.md).
extends_documentation_fragment:
  - steward.platform.looking
options: {}
"""

EXAMPLES = r"""
- name: Normalise the model
  steward.platform.platform_model:
  register: normalised

- name: Publish it
  ansible.builtin.set_fact:
    platform: "{{ normalised.platform }}"

- name: Refuse a broken inventory without connecting to any host
  hosts: all
  gather_facts: false
  tasks:
    - name: Check the model
      steward.platform.platform_model:
"""

RETURN = r"""
platform:
  description: The normalised model.
  returned: success
  type: dict
  sample:
    name: dotmac
    environment: production
"""
