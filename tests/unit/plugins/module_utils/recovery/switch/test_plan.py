# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError, StewardError
from ansible_collections.steward.platform.plugins.module_utils.recovery.switch import plan
from ansible_collections.steward.platform.plugins.module_utils.recovery.switch.plan import Directory, Move

LIVE, NEW = "/var/lib/postgresql/17/main", "/var/lib/postgresql/17/replacement"
ASIDE = f"{LIVE}.before-20261128_120000"
OLD = Directory("8:1", "17", "757", "postgres", "0700", running=True, links=("/srv/spaces/1",))
REPLACEMENT = Directory("8:2", "17", "757", "postgres", "0700")
NOTHING = Directory()


def make(live=OLD, aside=NOTHING, replacement=REPLACEMENT, path=NEW):
    seen = {"live": live, "aside": aside, "replacement": replacement}
    return plan.build_switch("20261128_120000", "postgresql@17-main.service", 5432, LIVE, path, seen)


def test_a_switch_and_its_facts():
    switch = make()
    assert (switch.aside, switch.live_id, switch.replacement_id, switch.system) == (ASIDE, "8:1", "8:2", "757")
    assert plan.from_facts(switch.to_facts()) == switch


def test_a_bare_host_has_nothing_to_lose():
    assert make(live=NOTHING).live_id == ""


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param({"path": "replacement"}, "the path is 'replacement'", id="a relative path"),
        pytest.param({"path": f"{NEW}/"}, "in its shortest form", id="a long form"),
        pytest.param({"path": f"{LIVE}/new"}, "one in the other", id="inside the live one"),
        pytest.param({"path": "/var/lib/postgresql"}, "one in the other", id="around the live one"),
        pytest.param({"replacement": NOTHING}, "holds no PostgreSQL data directory", id="nothing there"),
        pytest.param({"replacement": replace(REPLACEMENT, system="")}, "holds no PostgreSQL", id="no control file"),
        pytest.param({"replacement": replace(REPLACEMENT, running=True)}, "which a server uses", id="in use"),
        pytest.param({"replacement": replace(REPLACEMENT, mounted=True)}, "is a mount point", id="a mount point"),
        pytest.param({"replacement": replace(REPLACEMENT, owner="root")}, "of root with mode 0700", id="root's"),
        pytest.param({"replacement": replace(REPLACEMENT, mode="0755")}, "with mode 0755", id="open to all"),
        pytest.param({"replacement": replace(REPLACEMENT, id="9:2")}, "file system 9, the live one is", id="a disk"),
        pytest.param({"replacement": replace(REPLACEMENT, version="16")}, "major version 16", id="another version"),
        pytest.param({"replacement": replace(REPLACEMENT, system="1")}, "database system 1", id="another cluster"),
        pytest.param({"replacement": replace(REPLACEMENT, links=("/srv/spaces/1",))}, "which shares /srv/spaces/1",
                     id="a tablespace for both"),
        pytest.param({"aside": OLD}, "is there already", id="an earlier switch"),
        pytest.param({"live": replace(OLD, mounted=True)}, "moved aside. Use method=delta", id="a live mount"),
    ],
)  # fmt: skip
def test_what_is_refused(changed, message):
    with pytest.raises(InputError) as refused:
        make(**changed)
    assert message in str(refused.value)


def ids(live="", aside="", replacement=""):
    return {"live": live, "aside": aside, "replacement": replacement}


@pytest.mark.parametrize(
    ("step", "seen", "back", "move"),
    [
        pytest.param("aside", ids("8:1", "", "8:2"), False, Move(LIVE, ASIDE), id="aside"),
        pytest.param("aside", ids("", "8:1", "8:2"), False, None, id="it was aside already"),
        pytest.param("in", ids("", "8:1", "8:2"), False, Move(NEW, LIVE), id="in"),
        pytest.param("in", ids("8:2", "8:1"), False, None, id="it was in already"),
        pytest.param("in", ids("8:2", "8:1"), True, Move(LIVE, NEW), id="out"),
        pytest.param("in", ids("", "8:1", "8:2"), True, None, id="it was out already"),
        pytest.param("aside", ids("", "8:1", "8:2"), True, Move(ASIDE, LIVE), id="back"),
        pytest.param("aside", ids("8:1", "", "8:2"), True, None, id="it was back already"),
    ],
)
def test_each_step_finds_out_how_far_it_came(step, seen, back, move):
    assert plan.move_of(make(), step, seen, back=back) == move


def test_nothing_is_put_aside_on_a_bare_host():
    assert plan.move_of(make(live=NOTHING), "aside", ids("", "", "8:2")) is None


@pytest.mark.parametrize(
    ("step", "seen"),
    [
        pytest.param("aside", ids("8:7", "", "8:2"), id="another directory is live"),
        pytest.param("in", ids("8:7", "8:1", "8:2"), id="somebody made a new one"),
        pytest.param("in", ids("", "8:1", ""), id="the replacement is gone"),
        pytest.param("aside", ids("8:1", "8:7", "8:2"), id="something is in the way"),
    ],
)
def test_what_somebody_else_moved_is_left_alone(step, seen):
    with pytest.raises(StewardError, match="are not where the switch 20261128_120000 left them"):
        plan.move_of(make(), step, seen)


def begun(start):
    rows = [{"step": step, "state": "undone" if step != "start" else start} for step in plan.STEPS]
    return {"steps": rows}


@pytest.mark.parametrize(
    ("command", "start", "needed"),
    [
        pytest.param("get %f", "undone", True, id="the archive knows the replacement"),
        pytest.param("get %f", "pending", False, id="the replacement never served"),
        pytest.param("", "undone", False, id="there is no archive"),
    ],
)
def test_the_former_directory_goes_on_in_a_newer_timeline(command, start, needed):
    switch = replace(make(), restore_command=command)
    assert plan.needs_timeline(switch, begun(start)) is needed


def test_what_it_is_told_then():
    said = plan.render_recovery(replace(make(), restore_command="get '%f'"))
    assert said == "restore_command = 'get ''%f'''\nrecovery_target_timeline = 'current'\n"
