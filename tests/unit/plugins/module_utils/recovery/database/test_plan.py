# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_validation.model import Check
from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.recovery.database import plan

PLACE = {"data": "/var/lib/postgresql/17/main", "version": "17", "name": "main", "stanza": "main", "port": 5432}
WISH = {"label": "20261128-020000F", "target_type": "latest", "target": "", "timeline": 0}


def test_the_instance_lies_beside_the_live_one_and_takes_no_port_of_it():
    scratch = plan.scratch_of(PLACE, [5432])
    assert (scratch.folder, scratch.port) == ("/var/lib/postgresql/17/steward-recovery/recovery", 5498)
    assert plan.scratch_of(PLACE, [5498, 5497, 5432]).port == 5496


def test_names():
    assert plan.unit_of(PLACE) == "postgresql@17-main.service"
    assert plan.replacement_of(PLACE["data"], "x") == "/var/lib/postgresql/17/main.replacement-x"
    assert plan.restore_command(PLACE) == 'pgbackrest --stanza=main archive-get %f "%p"'
    assert [plan.timeline_of({**WISH, "timeline": number}) for number in (0, 3)] == ["", "3"]


@pytest.mark.parametrize(
    ("changed", "marked", "expected"),
    [
        pytest.param({}, {"point": {"lsn": "0/5"}}, "0/5", id="the end of the WAL"),
        pytest.param({}, {}, "", id="a server that did not answer"),
        pytest.param({"target_type": "time"}, {"point": {"lsn": "0/5"}}, "", id="a moment"),
        pytest.param({"timeline": 2}, {"point": {"lsn": "0/5"}}, "", id="another timeline"),
    ],
)
def test_how_far_replay_has_to_come(changed, marked, expected):
    assert plan.expected_lsn({**WISH, **changed}, marked) == expected


def test_a_bad_replacement_is_refused():
    good = Check(2, "links", "pass", "whole", {})
    plan.refuse_failed([good])
    with pytest.raises(StewardError, match="not good: replay: too short"):
        plan.refuse_failed([good, Check(2, "replay", "fail", "too short", {})])


def test_databases_must_be_there():
    found = plan.figures_of({"name": "shop", "size": 5, "tables": [{}, {}], "rows": 7, "extensions": []})
    assert found == {"name": "shop", "size": 5, "tables": 2, "rows": 7}
    plan.refuse_missing([found], ["shop", "other"])
    with pytest.raises(StewardError, match="the database shop is missing"):
        plan.refuse_missing([found], ["other"])


def test_roles_are_let_in_as_they_are_now():
    roles = [
        {"name": "shop", "login": False, "secret": None},
        {"name": "shop_b", "login": True, "secret": "SCRAM-SHA-256$x"},
        {"name": "new", "login": True, "secret": "SCRAM-SHA-256$y"},
        {"name": "group", "login": False, "secret": None},
    ]
    assert plan.role_statements(roles, ["shop", "shop_b"]) == [
        'ALTER ROLE "shop" NOLOGIN', 'ALTER ROLE "shop" PASSWORD NULL', 'ALTER ROLE "shop_b" LOGIN',
        "ALTER ROLE \"shop_b\" PASSWORD 'SCRAM-SHA-256$x'",
    ]  # fmt: skip
    assert plan.role_warnings(roles, ["shop", "shop_b"]) == [
        "these roles were not there yet: new; run the role postgresql"
    ]
    assert plan.role_warnings(roles, ["shop_b", "new"]) == []
