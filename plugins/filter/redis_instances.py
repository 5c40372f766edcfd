# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: redis_instances
short_description: The platform's Redis instances with all their settings and users
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Gives each instance of the platform model the settings and users that follow from it, as
    M(steward.platform.redis_instances) takes them.
  - The default user is off. Each service has a user that may do what data needs, and the local administrator may
    look and reload.
positional: _input, addresses, settings, credentials, administrator
options:
  _input:
    description: Instances as in the platform model.
    type: list
    elements: dict
    required: true
  addresses:
    description: Addresses they listen on.
    type: list
    elements: str
    required: true
  settings:
    description: Further settings by name of the instance, which take precedence.
    type: dict
    required: true
  credentials:
    description: Dictionaries of C(username) and C(password) by path.
    type: dict
    required: true
  administrator:
    description: SHA-256 of the local administrator's password.
    type: str
    required: true
"""

EXAMPLES = r"""
instances: "{{ platform.redis | steward.platform.redis_instances(addresses, {}, secrets, administrator.hash) }}"
"""

RETURN = r"""
_value:
  description: The instances with C(name), C(port), C(settings) and C(users).
  type: list
  elements: dict
"""

from ansible_collections.steward.platform.plugins.module_utils.redis.model import describe_instances


class FilterModule:
    def filters(self):
        return {"redis_instances": describe_instances}
