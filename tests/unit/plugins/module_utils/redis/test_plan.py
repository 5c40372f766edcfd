# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.core.tls import SERVED
from ansible_collections.steward.platform.plugins.module_utils.redis import plan as planning
from ansible_collections.steward.platform.plugins.module_utils.redis.model import Instance, InstanceState

SETTINGS = {"maxmemory": "64mb", "dir": "/data", "tls-cert-file": "/host.pem"}
USERS = frozenset({"user default off", "user api on #aaaa ~*"})
CACHE = Instance("cache", 6379, SETTINGS, USERS)
LISTENS = {"127.0.0.1": SERVED, "10.0.0.1": SERVED}
GOOD = InstanceState(
    True, True, settings={**SETTINGS, "maxmemory": "67108864", "hz": "10"}, users=USERS, listens=LISTENS
)
OLD_CERTIFICATE = {"127.0.0.1": "another certificate than the host's"}


def changes(state):
    return planning.plan_instances([CACHE], {"cache": state}).changes


def test_nothing_to_do():
    assert changes(GOOD) == ()


@pytest.mark.parametrize(
    ("state", "actions"),
    [
        pytest.param(InstanceState(False, False), ["enable", "start"], id="new"),
        pytest.param(InstanceState(True, True, problem="refused"), ["restart"], id="it does not answer"),
        pytest.param(
            replace(GOOD, settings={**GOOD.settings, "dir": "/old"}), ["restart"], id="a setting it cannot change"
        ),
        pytest.param(
            replace(GOOD, settings={**GOOD.settings, "maxmemory": "1"}), ["set"], id="a setting it can change"
        ),
        pytest.param(replace(GOOD, users=frozenset()), ["load"], id="other users"),
        pytest.param(replace(GOOD, listens=OLD_CERTIFICATE), ["show"], id="a renewed certificate"),
        pytest.param(
            replace(GOOD, settings={**GOOD.settings, "dir": "/old", "maxmemory": "1"}, users=frozenset()),
            ["restart"],
            id="a restart brings the rest",
        ),
    ],
)
def test_what_is_done(state, actions):
    assert [change.action for change in changes(state)] == actions


def test_a_live_change_says_what_to_set():
    (change,) = changes(replace(GOOD, settings={"dir": "/data", "tls-cert-file": "/host.pem"}))
    assert (change.before, change.after) == ("maxmemory unknown", "maxmemory 64mb")
    assert change.data == {"instance": "cache", "name": "maxmemory", "value": "64mb"}


def test_hashes_are_not_shown():
    (change,) = changes(replace(GOOD, users=frozenset({"user api on #bbbb ~*"})))
    assert "#" not in change.before + change.after


def test_unmanaged_instances_are_reported():
    assert planning.plan_instances([], {}, ["old", "older"]).facts == {"unmanaged": ["old", "older"]}


@pytest.mark.parametrize(
    ("state", "needed"),
    [(GOOD, False), (replace(GOOD, listens=OLD_CERTIFICATE), True), (replace(GOOD, problem="loading"), True)],
    ids=["all is well", "an address is not cured", "it does not answer"],
)
def test_a_restart_is_the_last_resort(state, needed):
    assert planning.needs_restart(CACHE, state) is needed


def test_what_was_not_cured_is_an_error():
    planning.refuse_different(CACHE, GOOD)
    with pytest.raises(StewardError, match="maxmemory 1 instead of maxmemory 64mb"):
        planning.refuse_different(CACHE, replace(GOOD, settings={**GOOD.settings, "maxmemory": "1"}))
    with pytest.raises(StewardError, match="stopped instead of running"):
        planning.refuse_different(CACHE, InstanceState(False, True))


def test_the_administrators_password_is_made_once():
    assert not planning.plan_administrator("/file", "a" * 64).changed
    assert planning.plan_administrator("/file", "a" * 64).facts == {"hash": "a" * 64}
    made = planning.plan_administrator("/file", None)
    assert [change.subject for change in made.changes] == ["/file"]
    assert made.facts == {"hash": "0" * 64}
