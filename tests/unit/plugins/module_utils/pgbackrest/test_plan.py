# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError, StewardError
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest import plan
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest.model import (
    Backup,
    RepositoryState,
    StanzaState,
)

NOW = datetime(2024, 12, 25, 14, 30, tzinfo=UTC)
SERVER = plan.Server(7713233011707845332, "17")
GARBAGE = "[FormatError] unable to load: key/value found outside of section at line 1: Br"


def backup(kind="full", hours=0, label="", **more):
    ended = NOW - timedelta(hours=hours)
    row = {
        "started": ended, "finished": ended, "size": 1, "added": 1, "database": 1, "wal_start": "", "wal_stop": "",
        "lsn_start": "0/0", "lsn_stop": "0/0",
    }  # fmt: skip
    return Backup(label or f"{kind}-{hours}", kind, **{**row, **more})


def repository(*backups, code=0, key=1, systems=None, message="ok"):
    known = {1: (SERVER.system, SERVER.version)} if systems is None else systems
    return RepositoryState(key, code, message, "aes-256-cbc", known, {1: "17-1"}, backups)


def stanza(*rows):
    return plan.plan_stanza(StanzaState("main", False, rows), SERVER)


def test_a_stanza_that_is_there():
    found = stanza(repository(), repository(code=2, key=2))
    assert (found.changes, found.facts) == ((), {"stanza": "main", "repositories": [1, 2]})


def test_a_stanza_that_is_missing_in_one_repository():
    (change,) = stanza(repository(), repository(code=1, key=2)).changes
    assert (change.action, change.subject) == (plan.CREATE, "main in repository 2")


@pytest.mark.parametrize(
    ("systems", "before"),
    [
        pytest.param({1: (1, "16")}, "cluster 1, PostgreSQL 16", id="another cluster"),
        pytest.param({1: (SERVER.system, "17"), 2: (1, "18")}, "cluster 1, PostgreSQL 18", id="an older one again"),
        pytest.param({}, "", id="none"),
    ],
)
def test_a_stanza_of_another_cluster(systems, before):
    (change,) = stanza(repository(systems=systems)).changes
    assert (change.action, change.before) == (plan.UPGRADE, before)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        pytest.param(GARBAGE, "cannot be read with the key", id="another key"),
        pytest.param("[CryptoError] unable to flush", "cannot be read with the key", id="no such padding"),
        pytest.param("[HostConnectError] timeout", r"cannot be read: \[HostConnectError\] timeout", id="not reached"),
    ],
)
def test_a_repository_that_cannot_be_read(message, said):
    row = repository(code=99, message=message)
    with pytest.raises(StewardError, match=said):
        stanza(row)
    with pytest.raises(StewardError, match=said):
        plan.plan_backup(row, "full", now=NOW)


def test_no_repositories():
    with pytest.raises(StewardError, match="no repository is configured for main"):
        stanza()


@pytest.mark.parametrize(
    ("backups", "kind", "options", "made"),
    [
        pytest.param([], "incr", {}, "full", id="the first one is full"),
        pytest.param([backup(hours=1)], "incr", {}, "incr", id="always without an age"),
        pytest.param([backup(hours=1)], "full", {"max_age": 7200}, None, id="young enough"),
        pytest.param([backup(hours=1)], "incr", {"max_age": 7200}, None, id="a full one is as good"),
        pytest.param([backup(hours=3), backup("incr", 1)], "full", {"max_age": 7200}, "full", id="an incr is not"),
        pytest.param([backup(hours=3)], "diff", {"max_age": 7200}, "diff", id="too old"),
        pytest.param([backup(hours=1)], "full", {"max_age": 7200, "force": True}, "full", id="forced"),
        pytest.param([backup(hours=1, error=True)], "full", {"max_age": 7200}, "full", id="damaged pages"),
        pytest.param([backup(hours=1, database=0)], "full", {"max_age": 7200}, "full", id="of a former cluster"),
    ],
)
def test_whether_a_backup_is_made(backups, kind, options, made):
    found = plan.plan_backup(repository(*backups), kind, now=NOW, **options)
    assert [change.data["kind"] for change in found.changes] == ([made] if made else [])


def test_the_newest_backup_is_told():
    found = plan.plan_backup(repository(backup(hours=2), backup("incr", 1)), "incr", now=NOW)
    assert found.facts["backup"]["label"] == "incr-1"
    assert found.changes[0].before == "newest: incr-1, 2024-12-25T13:30:00Z"
    assert plan.plan_backup(repository(), "full", now=NOW).facts == {"backup": None}


def test_a_backup_that_cannot_be_planned():
    with pytest.raises(StewardError, match="repository 1 has no stanza: missing stanza path"):
        plan.plan_backup(repository(code=1, message="missing stanza path"), "full", now=NOW)
    with pytest.raises(InputError, match="type is 'copy', allowed is one of: full, diff, incr"):
        plan.plan_backup(repository(), "copy", now=NOW)
    with pytest.raises(InputError, match="max_age is -1"):
        plan.plan_backup(repository(), "full", now=NOW, max_age=-1)


CHAIN = [
    backup(hours=9, label="A"), backup("incr", 8, "A1", references=("A",)),
    backup("incr", 7, "A2", references=("A", "A1")),
    backup(hours=6, label="B"), backup("diff", 5, "B1", references=("B",)),
    backup(hours=4, label="C"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("keep", "commands", "kept_for"),
    [
        pytest.param({"A", "A1", "A2", "B", "B1", "C"}, (), {}, id="all"),
        pytest.param({"C"}, ("A", "B"), {}, id="whole chains go with their beginning"),
        pytest.param({"C", "B1"}, ("A",), {"B": "B1"}, id="a base stays for what needs it"),
        pytest.param({"C", "A2", "B1"}, (), {"A": "A2", "A1": "A2", "B": "B1"}, id="a whole chain stays"),
        pytest.param({"C", "A1", "B"}, ("A2", "B1"), {"A": "A1"}, id="what nobody needs goes alone"),
        pytest.param({"B"}, ("A", "B1"), {"C": "the next incremental backup"}, id="the newest full one stays"),
        pytest.param({"C", "gone"}, ("A", "B"), {}, id="names of other repositories mean nothing"),
    ],
)
def test_what_expires(keep, commands, kept_for):
    found = plan.plan_expiry(CHAIN, keep)
    assert (found.commands, found.kept_for) == (commands, kept_for)
    assert found.remaining + len(found.removed) == len(CHAIN)
    assert not set(found.removed) & {need for row in CHAIN if row.label not in found.removed for need in row.references}


@pytest.mark.parametrize("keep", [set(), {"gone"}], ids=str)
def test_nothing_expires_by_an_empty_or_foreign_list(keep):
    with pytest.raises(InputError, match="keep names none of the backups"):
        plan.plan_expiry(CHAIN, keep)


def test_nothing_expires_where_nothing_is():
    assert plan.plan_expiry([], set()) == plan.Expiry((), (), {}, 0)


LIVE = "/var/lib/postgresql/17/main"


def restore(path, **changed):
    seen = {"held": False, "running": False, "delta": False, "confirm": "", "clusters": {LIVE: True}, "stanza": "main"}
    return plan.plan_restore(path, **{**seen, **changed})


def test_a_copy_in_a_new_directory():
    (change,) = restore("/srv/copy").changes
    assert (change.action, change.subject, change.before) == (plan.RESTORE, "/srv/copy", "")


def test_a_stopped_cluster_itself():
    (change,) = restore(LIVE, held=True, delta=True, confirm=LIVE, clusters={LIVE: False}).changes
    assert change.before == "what it holds now"


@pytest.mark.parametrize(
    ("path", "changed", "message"),
    [
        pytest.param("copy", {}, "an absolute path", id="a relative path"),
        pytest.param("/", {}, "an absolute path", id="the root"),
        pytest.param("/srv/../etc", {}, "an absolute path", id="a path that goes back"),
        pytest.param(LIVE, {"held": True, "delta": True, "confirm": LIVE}, "a server runs", id="a running cluster"),
        pytest.param("/srv/copy", {"held": True, "running": True}, "a server runs", id="a running copy"),
        pytest.param(f"{LIVE}/copy", {}, "none in or around", id="within a cluster"),
        pytest.param("/var/lib/postgresql", {}, "none in or around", id="around a cluster"),
        pytest.param("/srv/copy", {"held": True}, "not empty; allowed is: an empty one, or delta", id="no delta"),
        pytest.param("/srv/copy", {"held": True, "delta": True}, "confirm is '', allowed is: /srv/copy", id="no word"),
    ],
)
def test_what_a_restore_refuses(path, changed, message):
    with pytest.raises(InputError, match=message):
        restore(path, **changed)


def test_a_point_is_named_and_a_name_that_postgresql_would_cut_is_refused():
    planned = plan.plan_point("release_20241225_143000")
    assert [change.subject for change in planned.changes] == ["restore point release_20241225_143000"]
    assert planned.facts == {"point": None}
    with pytest.raises(InputError, match=r"^name is 'x{64}', allowed is: 1 to 63 letters"):
        plan.plan_point("x" * 64)
