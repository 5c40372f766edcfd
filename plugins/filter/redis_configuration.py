# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: redis_configuration
short_description: The directories and files of Redis instances
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Gives directories and files of instances as M(steward.platform.config_set) takes them, with the templates of
    the role redis.
options:
  _input:
    description: What P(steward.platform.redis_instances#filter) gave.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
configuration: "{{ instances | steward.platform.redis_configuration }}"
"""

RETURN = r"""
_value:
  description: Lists C(directories) and C(files), and C(configurations), the paths that the servers read.
  type: dict
"""

from ansible_collections.steward.platform.plugins.module_utils.redis.model import describe_configuration


class FilterModule:
    def filters(self):
        return {"redis_configuration": describe_configuration}
