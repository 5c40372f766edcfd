# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.core.lsn import name_lsn
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest import wal
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest.model import Backup
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest.wal import Segment

SIZE = wal.SEGMENT_BYTES
BEGIN = datetime(2024, 12, 25, 14, 0, tzinfo=UTC)


def moment(number):
    return BEGIN + timedelta(minutes=number)


def archive(*runs, histories=None):
    """Of runs as (timeline, first, last)."""
    segments = {
        Segment(timeline, number): moment(number) for timeline, first, last in runs for number in range(first, last + 1)
    }
    return wal.Archive(segments, histories or {})


def backup(label, start, stop, timeline=1, **more):
    row = {
        "kind": "full", "started": moment(start), "finished": moment(stop), "size": 1, "added": 1, "database": 1,
        "wal_start": wal.name_segment(Segment(timeline, start)), "wal_stop": wal.name_segment(Segment(timeline, stop)),
        "lsn_start": "0/0", "lsn_stop": name_lsn(stop * SIZE + 0x100),
    }  # fmt: skip
    return Backup(label, **{**row, **more})


def gaps(found):
    return [(gap.first[-2:], gap.last[-2:], gap.count, gap.verdict, gap.healed_by) for gap in found.gaps]


@pytest.mark.parametrize(
    ("name", "size", "segment"),
    [
        pytest.param("000000010000000000000001", SIZE, Segment(1, 1), id="the first"),
        pytest.param("0000000100000000000000FF", SIZE, Segment(1, 255), id="the last of four gigabytes"),
        pytest.param("0000000A0000000100000000", SIZE, Segment(10, 256), id="the one after it"),
        pytest.param("000000010000000200000003", 1024**3, Segment(1, 11), id="segments of a gigabyte"),
        pytest.param("000000010000000000000FFF", 1024**2, Segment(1, 4095), id="segments of a megabyte"),
    ],
)
def test_names(name, size, segment):
    assert wal.parse_segment(name, size) == segment
    assert wal.name_segment(segment, size) == name


@pytest.mark.parametrize(
    ("name", "size"),
    [
        pytest.param("00000002.history", SIZE, id="a history"),
        pytest.param("000000010000000000000001.partial", SIZE, id="a partial one"),
        pytest.param("000000000000000000000001", SIZE, id="no timeline"),
        pytest.param("000000010000000000000100", SIZE, id="of smaller segments"),
    ],
)
def test_names_that_are_none(name, size):
    with pytest.raises(StewardError, match="is not the name of a WAL segment of 16777216 bytes"):
        wal.parse_segment(name, size)


def test_a_history():
    # Recorded from PostgreSQL 17 after two recoveries, with a comment as its source allows.
    text = '# a comment\n1\t0/D000090\tat restore point "p2"\n\n2\t0/10000110\tno recovery target specified\n'
    assert wal.parse_history(text) == ((1, 0xD000090), (2, 0x10000110))


def test_nothing_is_missing():
    found = wal.check([backup("A", 2, 3), backup("B", 5, 5)], archive((1, 1, 9)))
    assert (found.gaps, found.unusable, found.broken) == ((), (), False)
    assert found.newest == wal.Reach("000000010000000000000009", 1, moment(9), "B")


def test_a_gap_that_stops_recovery():
    found = wal.check([backup("A", 2, 3)], archive((1, 2, 4), (1, 7, 9)))
    assert gaps(found) == [("05", "06", 2, wal.BREAKING, "")]
    assert found.gaps[0].before == moment(4)
    assert found.broken
    assert found.newest == wal.Reach("000000010000000000000004", 1, moment(4), "A")


def test_a_gap_that_a_newer_backup_made_good():
    found = wal.check([backup("A", 2, 3), backup("B", 7, 8), backup("C", 9, 9)], archive((1, 2, 4), (1, 7, 9)))
    assert gaps(found) == [("05", "06", 2, wal.HEALED, "B")]
    assert not found.broken
    assert found.newest.segment == "000000010000000000000009"


def test_a_newer_backup_that_cannot_be_relied_on_makes_nothing_good():
    damaged = backup("B", 7, 7, error=True)
    orphan = backup("C", 8, 8, references=("gone",))
    found = wal.check([backup("A", 2, 3), damaged, orphan], archive((1, 2, 4), (1, 6, 9)))
    assert gaps(found) == [("05", "05", 1, wal.BREAKING, "")]
    assert found.unusable == ("B", "C")


def test_a_gap_before_all_backups_matters_to_nobody():
    found = wal.check([backup("A", 5, 5)], archive((1, 1, 2), (1, 4, 9)))
    assert gaps(found) == [("03", "03", 1, wal.UNNEEDED, "")]
    assert not found.broken


def test_a_gap_within_a_backup_makes_it_unusable():
    found = wal.check([backup("A", 2, 4)], archive((1, 2, 2), (1, 4, 9)))
    assert gaps(found) == [("03", "03", 1, wal.BREAKING, "")]
    assert (found.unusable, found.newest) == (("A",), None)


def test_what_the_server_believes_archived_must_be_there():
    found = wal.check([backup("A", 2, 3)], archive((1, 2, 5)), pushed="000000010000000000000007")
    assert gaps(found) == [("06", "07", 2, wal.BREAKING, "")]


@pytest.mark.parametrize(
    "pushed", ["", "00000002.history", "000000010000000000000002.00000028.backup", "000000050000000000000009"], ids=str
)
def test_what_the_server_says_of_other_files_means_nothing(pushed):
    assert wal.check([backup("A", 2, 3)], archive((1, 2, 5)), pushed=pushed).gaps == ()


def test_an_empty_archive():
    assert wal.check([], archive()) == wal.Continuity()
    lost = wal.check([], archive(), pushed="000000010000000000000007")
    assert gaps(lost) == [("07", "07", 1, wal.UNNEEDED, "")]
    found = wal.check([backup("A", 2, 3)], archive())
    assert (gaps(found), found.newest) == ([("02", "03", 2, wal.BREAKING, "")], None)


HISTORY = {2: ((1, 5 * SIZE + 0x90),)}


def test_a_new_timeline_begins_in_the_segment_where_the_old_one_was_left():
    found = wal.check([backup("A", 2, 3)], archive((1, 2, 8), (2, 5, 9), histories=HISTORY))
    assert found.gaps == ()
    assert found.newest == wal.Reach("000000020000000000000009", 2, moment(9), "A")


def test_the_old_timelines_end_does_not_replace_what_the_new_one_lacks():
    found = wal.check([backup("A", 2, 3)], archive((1, 2, 8), (2, 5, 5), (2, 7, 9), histories=HISTORY))
    assert [(gap.first, gap.verdict) for gap in found.gaps] == [("000000020000000000000006", wal.BREAKING)]


def test_just_after_a_promotion_the_old_file_still_serves():
    found = wal.check([backup("A", 2, 5, lsn_stop="0/5000080")], archive((1, 2, 5), histories=HISTORY))
    assert found.gaps == ()
    assert found.newest.segment == "000000010000000000000005"


def test_a_backup_of_an_abandoned_timeline_is_left_out():
    found = wal.check([backup("A", 2, 3), backup("B", 6, 7)], archive((1, 2, 8), (2, 5, 9), histories=HISTORY))
    assert (found.unusable, found.newest.backup) == ((), "A")
    other = backup("C", 6, 7, timeline=3)
    assert wal.check([other], archive((2, 5, 9), histories=HISTORY)).newest is None


def test_a_timeline_without_a_history_stands_for_itself():
    found = wal.check([backup("A", 6, 6, timeline=2)], archive((2, 5, 9)))
    assert (found.gaps, found.newest.segment) == ((), "000000020000000000000009")


def test_a_line_begins_with_its_oldest_timeline():
    line = wal.Line(((1, 5 * SIZE),))
    assert line.candidates(2) == (Segment(1, 2),)
