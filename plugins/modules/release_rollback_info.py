#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: release_rollback_info
short_description: Plan to go back to an earlier release
version_added: 0.1.0
description:
  - Chooses the release, and sees that its images, its services and its secret files are there and that its code works
    with the revision each database is at. What stands against it is an error with one line each; nothing is changed.
  - A release's code works with the revision it brought and with those that C(accepts_revisions) of the service named.
extends_documentation_fragment:
  - steward.platform.release
  - steward.platform.release.again
  - steward.platform.looking
options:
  to:
    description: Id of the release; when it is empty, the last good one before what serves.
    type: str
    default: ""
  schema:
    description:
      - What becomes of a schema that the older code does not accept. With V(keep) going back is refused; with
        V(downgrade) the plan has the steps by which the code that serves migrates it back.
    type: str
    choices: [keep, downgrade]
    default: keep
  restore_database:
    description:
      - Go back to the data of that release's last moment too, from the restore point of the release that took its
        place; refused when that made none. Schemas then go back with the data, and O(schema) is not looked at.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: See where a rollback would go
  steward.platform.release_rollback_info:
    platform: "{{ platform }}"
  register: back

- name: Show the plan
  ansible.builtin.debug:
    msg: "{{ back.plan }}"

- name: See whether the platform can go back to a release
  steward.platform.release_rollback_info:
    platform: "{{ platform }}"
    to: "20241225_143000"
"""

RETURN = r"""
target:
  description: Id of the release to go back to.
  returned: success
  type: str
  sample: "20241225_143000"
plan:
  description: What will become of each service, for people.
  returned: success
  type: str
platform:
  description: The model with services and builds as they were then, at the ports and in the number they have now.
  returned: success
  type: dict
images:
  description: Of each build the image that the release ran.
  returned: success
  type: dict
  sample: {isp-framework: "dotmac/isp-framework:1f2e"}
origin:
  description: That it is a rollback, and the release it goes back to.
  returned: success
  type: dict
  sample: {kind: rollback, release: "20241225_143000"}
scaled:
  description: As it was given.
  returned: success
  type: dict
renew:
  description: No service, because those that differ are replaced anyway.
  returned: success
  type: list
  elements: str
restore:
  description: With O(restore_database) the restore point, its C(name), C(set), C(host) and C(moment); else empty.
  returned: success
  type: dict
  sample: {name: release_20241225_143000, set: "20241225_142950", host: demo, moment: "2024-12-25T14:30:10Z"}
schema_back:
  description: The steps by which schemas go back, as M(steward.platform.release_schema) takes them.
  returned: success
  type: list
  elements: dict
  sample:
    - {service: isp-framework, command: [alembic, downgrade, "0002"], to: ["0002"]}
schema_forth:
  description: The steps that undo them.
  returned: success
  type: list
  elements: dict
schema_databases:
  description: The databases whose schemas go back.
  returned: success
  type: list
  elements: str
  sample: [dotmac_isp]
serving:
  description: Id of the release that serves, whose code knows those steps.
  returned: success
  type: str
serving_platform:
  description: The model with the services as they serve.
  returned: success
  type: dict
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_info
from ansible_collections.steward.platform.plugins.module_utils.release.model import AGAIN_SPEC
from ansible_collections.steward.platform.plugins.module_utils.release.rollback.client import observe_rollback


def main() -> None:
    spec = {
        **AGAIN_SPEC,
        "to": {"type": "str", "default": ""},
        "schema": {"type": "str", "choices": ["keep", "downgrade"], "default": "keep"},
        "restore_database": {"type": "bool", "default": False},
    }
    run_info(spec, observe_rollback)


if __name__ == "__main__":
    main()
