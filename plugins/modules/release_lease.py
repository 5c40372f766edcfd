#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: release_lease
short_description: Hold, renew and give up the lease that lets one deploy run at a time
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - The lease lies on the platform's first proxy host. It names who deploys, which release, since when and at which
    stage, ends by itself when it is not renewed, and refuses every other deploy by name.
  - The action on the controller adds who is deploying. A lease whose process is found dead on the same controller is
    taken at once; any other is waited for until it ends, or taken with O(takeover).
  - When it is given up, its account (stages with seconds and outcome) goes to C(/var/log/steward/deploys.jsonl).
attributes:
  check_mode:
    description: In check mode nothing is held, so that looking never hinders a deploy.
    support: full
  diff_mode:
    description: A lease is bookkeeping, not configuration.
    support: none
  idempotent:
    description: Never reports a change.
    support: full
options:
  platform:
    description: Name of the platform.
    type: str
    required: true
  state:
    description: V(acquired) begins a deploy, V(renewed) begins its next stage, V(released) ends it.
    type: str
    choices: [acquired, renewed, released]
    required: true
  stage:
    description: Name of the stage that begins. Needed by O(state=renewed).
    type: str
  token:
    description: What O(state=acquired) returned as RV(lease.token). Needed by the other states.
    type: str
  ttl:
    description: Seconds until the lease ends by itself.
    type: int
    default: 1800
  takeover:
    description: Take the lease from whoever holds it.
    type: bool
    default: false
  outcome:
    description: How the deploy ended.
    type: str
    choices: [ok, failed]
    default: ok
  error:
    description: What went wrong, for the log.
    type: str
    default: ""
  holder:
    description: Set by the action only. Who deploys - user, host, pid, boot and process start.
    type: dict
  orphan:
    description: Set by the action only. Token of a lease whose process is dead.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Begin a deploy
  steward.platform.release_lease:
    platform: dotmac
    state: acquired
  register: held

- name: Begin the next stage
  steward.platform.release_lease:
    platform: dotmac
    state: renewed
    stage: images
    token: "{{ held.lease.token }}"

- name: End it
  steward.platform.release_lease:
    platform: dotmac
    state: released
    token: "{{ held.lease.token }}"
"""

RETURN = r"""
lease:
  description: The lease, or its account when it was released.
  returned: success
  type: dict
  contains:
    token:
      description: Proves that the lease is ours.
      type: str
    release:
      description: Id of the release this deploy makes.
      type: str
    stages:
      description: Stages so far with seconds and outcome.
      type: list
held:
  description: The lease that is in the way.
  returned: when it is refused
  type: dict
"""

import uuid

from ansible_collections.steward.platform.plugins.module_utils.core import clock
from ansible_collections.steward.platform.plugins.module_utils.core.module import Parameters, run_info
from ansible_collections.steward.platform.plugins.module_utils.release import client, lease


def acquire(p: Parameters) -> dict:
    options = {"orphan": p["orphan"], "takeover": p["takeover"]}
    token = uuid.uuid4().hex
    return client.change_lease(
        p["platform"], lambda held: lease.acquire(held, p["holder"], token, clock.now(), p["ttl"], **options)
    )


def renew(p: Parameters) -> dict:
    return client.change_lease(
        p["platform"], lambda held: lease.renew(held, p["token"], p["stage"], clock.now(), p["ttl"])
    )


def release(p: Parameters) -> dict:
    return client.close_lease(
        p["platform"], lambda held: lease.finish(held, p["token"], clock.now(), p["outcome"]), p["error"]
    )


STATES = {"acquired": acquire, "renewed": renew, "released": release}


def main() -> None:
    spec = {
        "platform": {"type": "str", "required": True},
        "state": {"type": "str", "choices": list(STATES), "required": True},
        "stage": {"type": "str"},
        "token": {"type": "str", "no_log": False},
        "ttl": {"type": "int", "default": 1800},
        "takeover": {"type": "bool", "default": False},
        "outcome": {"type": "str", "choices": ["ok", "failed"], "default": "ok"},
        "error": {"type": "str", "default": ""},
        "holder": {"type": "dict"},
        "orphan": {"type": "str", "default": ""},
    }
    needed = [
        ("state", "acquired", ["holder"]),
        ("state", "renewed", ["token", "stage"]),
        ("state", "released", ["token"]),
    ]
    run_info(spec, lambda p: {"lease": STATES[p["state"]](p)}, required_if=needed)


if __name__ == "__main__":
    main()
