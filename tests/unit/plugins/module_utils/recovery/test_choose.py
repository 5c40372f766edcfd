# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.recovery import choose
from ansible_collections.steward.platform.plugins.module_utils.recovery.choose import build_archive
from ansible_collections.steward.platform.plugins.module_utils.recovery.model import Target, parse_target

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def row(set_id, start, stop, finished, timeline=1, **part):
    details = {"timeline": timeline, "lsn_start": start, "lsn_stop": stop}
    made = {
        "part": "postgresql", "engine": "pgbackrest", "id": f"{set_id}F", "finished": finished, "size": 778_000_000,
        "details": details, **part,
    }  # fmt: skip
    files = {"part": "configuration", "engine": "restic", "id": "abc", "finished": finished, "size": 1000}
    return {"id": set_id, "finished": finished, "parts": [made, files]}


def run(first, last, until, timeline=1):
    name = "{:08X}{:08X}{:08X}"
    names = {"first": name.format(timeline, 0, first), "last": name.format(timeline, 0, last)}
    return {"timeline": timeline, "until": f"2026-11-{until}Z", **names}


# Two backups, each followed by WAL; between them segments 6 and 7 are missing.
SETS = [
    row("20261127_020000", "0/3000028", "0/3000138", "2026-11-27T02:00:10Z"),
    row("20261128_020000", "0/9000028", "0/9000138", "2026-11-28T02:00:10Z"),
]
WAL = {
    "runs": [run(2, 5, "27T20:00:00"), run(8, 12, "28T11:59:00")],
    "points": [{"name": "before-migration", "lsn": "0/A000060"}, {"name": "lost", "lsn": "0/6000060"}],
}
ARCHIVE = build_archive(SETS, WAL)


def target(text, kind=""):
    return parse_target(text, kind, "UTC")


@pytest.mark.parametrize(
    ("wanted", "set_id", "base", "end"),
    [
        pytest.param(target("latest"), "", "20261128_020000", "2026-11-28T11:59:00", id="the latest"),
        pytest.param(target("immediate"), "", "20261128_020000", "2026-11-28T02:00:10", id="the newest itself"),
        pytest.param(target("immediate"), "20261127_020000", "20261127_020000", "2026-11-27T02:00:10", id="an older"),
        pytest.param(target("latest"), "20261127_020000", "20261127_020000", "2026-11-27T20:00:00", id="up to the gap"),
        pytest.param(target("2026-11-27 10:00:00"), "", "20261127_020000", "2026-11-27T20:00:00", id="before it"),
        pytest.param(target("2026-11-28 02:00:10"), "", "20261128_020000", "2026-11-28T11:59:00", id="its very end"),
        pytest.param(target("0/4000000"), "", "20261127_020000", "2026-11-27T20:00:00", id="a place"),
        pytest.param(target("0/9000138"), "", "20261128_020000", "2026-11-28T11:59:00", id="the end of a backup"),
        pytest.param(target("before-migration", "name"), "", "20261128_020000", "2026-11-28T11:59:00", id="a point"),
        pytest.param(target("by-hand", "name"), "20261127_020000", "20261127_020000", "2026-11-27T20:00:00",
                     id="an unknown point with its set"),
        pytest.param(target("742", "xid"), "20261128_020000", "20261128_020000", "2026-11-28T11:59:00",
                     id="a transaction with its set"),
    ],
)  # fmt: skip
def test_what_is_chosen(wanted, set_id, base, end):
    window = choose.choose(ARCHIVE, wanted, NOW, set_id=set_id)
    assert (window.base.set_id, window.end.isoformat()) == (base, f"{end}+00:00")


@pytest.mark.parametrize(
    ("wanted", "set_id", "message", "hint"),
    [
        pytest.param(target("2026-11-28 12:00:01"), "", "is in the future; allowed is: up to 2026-11-28T12:00:00Z", "",
                     id="the future"),
        pytest.param(target("2026-11-28 11:59:30"), "", "newer than the archived WAL", "2026-11-28T11:59:00Z before it",
                     id="not yet archived"),
        pytest.param(target("2026-11-01 00:00:00"), "", "older than the oldest backup", "2026-11-27T02:00:10Z after it",
                     id="too old"),
        pytest.param(target("2026-11-27 23:00:00"), "", "lies in a gap of the WAL",
                     "2026-11-27T20:00:00Z before it, 2026-11-28T02:00:10Z after it", id="in the gap"),
        pytest.param(target("0/7000000"), "", "lsn 0/7000000, which cannot be reached",
                     "2026-11-27T02:00:10Z to 2026-11-27T20:00:00Z; 2026-11-28", id="a place in the gap"),
        pytest.param(target("lost", "name"), "", "the restore point lost, which cannot", "", id="a point in the gap"),
        pytest.param(target("by-hand", "name"), "", "nothing records when that was", "Name as source the set",
                     id="an unknown point"),
        pytest.param(target("742", "xid"), "", "nothing records when that was", "", id="a transaction"),
        pytest.param(target("latest"), "20261101_020000", "from the set 20261101_020000", "", id="a set without it"),
    ],
)  # fmt: skip
def test_what_is_refused(wanted, set_id, message, hint):
    with pytest.raises(InputError) as refused:
        choose.choose(ARCHIVE, wanted, NOW, set_id=set_id)
    assert message in refused.value.message
    assert hint in refused.value.hint


def test_nothing_at_all():
    with pytest.raises(InputError, match="from any set: there is no physical backup"):
        choose.choose(build_archive([], {}), target("latest"), NOW)


def test_a_backup_whose_own_wal_is_missing_is_no_base():
    archive = build_archive(SETS, {"runs": [run(2, 5, "27T20:00:00"), run(8, 8, "28T02:00:05")]})
    assert [window.base.set_id for window in choose.windows(archive)] == ["20261127_020000"]
    assert choose.windows(build_archive(SETS, {"runs": []})) == []


def test_a_logical_dump_is_no_base():
    assert (
        build_archive([row("20261128_020000", "0/1", "0/2", "2026-11-28T02:00:10Z", engine="pg_dump")], {}).bases == ()
    )


# After a recovery to 0/4800000 the second timeline began; the first went on to segment 5 before.
FORKED = {
    "runs": [run(2, 5, "27T20:00:00"), run(4, 9, "28T11:00:00", timeline=2)],
    "forks": [{"timeline": 2, "parent": 1, "lsn": "0/4800000"}],
}


@pytest.mark.parametrize(
    ("sets", "timeline", "ends"),
    [
        pytest.param([row("a", "0/3000028", "0/3000138", "2026-11-27T02:00:10Z")], 0, ["2026-11-28T11:00:00+00:00"],
                     id="over the fork"),
        pytest.param([row("a", "0/3000028", "0/3000138", "2026-11-27T02:00:10Z")], 1, ["2026-11-27T20:00:00+00:00"],
                     id="the old timeline to its end"),
        pytest.param([row("a", "0/5000028", "0/5000138", "2026-11-27T19:00:10Z")], 0, [], id="ended after the fork"),
        pytest.param([row("a", "0/6000028", "0/6000138", "2026-11-28T09:00:10Z", 2)], 0, ["2026-11-28T11:00:00+00:00"],
                     id="made on the new one"),
        pytest.param([row("a", "0/6000028", "0/6000138", "2026-11-28T09:00:10Z", 2)], 1, [], id="made on another one"),
    ],
)  # fmt: skip
def test_timelines(sets, timeline, ends):
    found = choose.windows(build_archive(sets, FORKED), timeline)
    assert [window.end.isoformat() for window in found] == ends


def test_a_gap_before_the_fork_ends_the_way():
    wal = {**FORKED, "runs": [run(2, 2, "27T03:00:00"), run(4, 9, "28T11:00:00", timeline=2)]}
    base = [row("a", "0/2000028", "0/2000138", "2026-11-27T02:00:10Z")]
    assert [window.end.hour for window in choose.windows(build_archive(base, wal))] == [3]


def test_a_gap_after_the_fork_ends_the_way():
    wal = {**FORKED, "runs": [run(2, 5, "27T20:00:00"), run(6, 9, "28T11:00:00", timeline=2)]}
    base = [row("a", "0/2000028", "0/2000138", "2026-11-27T02:00:10Z")]
    assert [window.end.hour for window in choose.windows(build_archive(base, wal))] == [20]


def test_the_state_of_an_archive():
    early, late = datetime(2026, 11, 27, 20, tzinfo=UTC), datetime(2026, 11, 28, 11, tzinfo=UTC)
    segments = [(1, 3, late), (1, 2, early), (1, 5, late), (2, 255, late), (2, 256, early), (3, 257, early)]
    assert choose.build_wal(segments, {2: [(1, 0x4800000)], 3: [(1, 0x4800000), (2, 0x1_0000_0000)]}) == {
        "runs": [
            {"timeline": 1, "first": f"{1:08X}{0:08X}{2:08X}", "last": f"{1:08X}{0:08X}{3:08X}",
             "until": "2026-11-28T11:00:00Z"},
            {"timeline": 1, "first": f"{1:08X}{0:08X}{5:08X}", "last": f"{1:08X}{0:08X}{5:08X}",
             "until": "2026-11-28T11:00:00Z"},
            {"timeline": 2, "first": f"{2:08X}{0:08X}{255:08X}", "last": f"{2:08X}{1:08X}{0:08X}",
             "until": "2026-11-28T11:00:00Z"},
            {"timeline": 3, "first": f"{3:08X}{1:08X}{1:08X}", "last": f"{3:08X}{1:08X}{1:08X}",
             "until": "2026-11-27T20:00:00Z"},
        ],
        "forks": [
            {"timeline": 2, "parent": 1, "lsn": "0/4800000"}, {"timeline": 3, "parent": 2, "lsn": "1/0"},
        ],
    }  # fmt: skip


def test_an_empty_archive():
    assert choose.build_wal([], {}) == {"runs": [], "forks": []}


def test_the_way_to_a_timeline():
    forks = [choose.Fork(3, 2, 9), choose.Fork(2, 1, 5), choose.Fork(7, 7, 1)]
    assert [fork.timeline for fork in choose.ancestry(3, forks)] == [2, 3]
    # A history that leads in a circle is not followed for ever.
    assert len(choose.ancestry(7, forks)) == 4


@pytest.mark.parametrize(
    ("moment", "set_id", "chosen"),
    [
        pytest.param(NOW, "", "20261128_020000", id="the newest"),
        pytest.param(datetime(2026, 11, 27, 12, tzinfo=UTC), "", "20261127_020000", id="the newest before"),
        pytest.param(datetime(2026, 11, 1, tzinfo=UTC), "20261127_020000", "20261127_020000", id="a named one"),
    ],
)  # fmt: skip
def test_a_set_for_what_is_not_replayed(moment, set_id, chosen):
    assert choose.choose_set(SETS, "configuration", moment, set_id=set_id)["id"] == chosen


@pytest.mark.parametrize(
    ("part", "moment", "set_id", "message"),
    [
        pytest.param("configuration", datetime(2026, 11, 1, tzinfo=UTC), "",
                     "the part configuration is not in any set before 2026-11-01T00:00:00Z. The oldest is of "
                     "2026-11-27T02:00:10Z.", id="too old"),
        pytest.param("openbao", NOW, "20261128_020000", "openbao is not in 20261128_020000. No set has it.", id="none"),
    ],
)  # fmt: skip
def test_no_set_for_it(part, moment, set_id, message):
    with pytest.raises(InputError) as refused:
        choose.choose_set(SETS, part, moment, set_id=set_id)
    assert message in str(refused.value)


def test_a_target_without_a_moment_is_now():
    with pytest.raises(InputError, match="newer than the archived WAL"):
        choose.choose(ARCHIVE, Target("time", "now"), NOW)
