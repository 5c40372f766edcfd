#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: release_options
short_description: Check the options of a procedure
version_added: 0.1.0
description:
  - Reads the options of a procedure and every variable whose name begins with V(deploy_) or the procedure's name,
    refuses what is unknown or not allowed with one line for each defect, and returns the options by their short names
    with defaults.
  - Runs on the controller and connects to nothing. Which options there are stands in C(docs/deploy-options.md).
extends_documentation_fragment:
  - steward.platform.release
  - steward.platform.looking
options:
  procedure:
    description: The procedure.
    type: str
    required: true
    choices: [rollback, restore, scale, restart, rotation, update_system]
"""

EXAMPLES = r"""
- name: Read the options of this run
  steward.platform.release_options:
    platform: "{{ platform }}"
    procedure: rollback
  register: given

- name: See where it shall go back to
  ansible.builtin.debug:
    var: given.asked.to

- name: See how long the release will be watched
  ansible.builtin.debug:
    var: given.deploy.observe
"""

RETURN = r"""
deploy:
  description: The options that the procedure shares with a deploy.
  returned: success
  type: dict
  sample: {observe: 5, drain_timeout: 60}
asked:
  description: The options of the procedure.
  returned: success
  type: dict
  sample: {to: "20241225_143000", list: false}
"""
