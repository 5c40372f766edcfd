# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arithmetic of WAL segments, and whether those in a repository lead from its backups to the present.

pgBackRest tells nothing of this: ``info`` and ``verify`` are content over a missing segment, and a restore without a
target opens the database just before it. A *line* is the way that recovery takes over timelines; on it, each segment
number belongs to one timeline; where two meet, the newer file holds what the older one does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..core.errors import StewardError
from ..core.lsn import HALF, parse_lsn
from .model import Backup

SEGMENT_BYTES = 16 * 1024 * 1024
# What a gap means: recovery cannot get past it; it can, from a newer backup; no recovery comes by.
BREAKING, HEALED, UNNEEDED = "breaking", "healed", "unneeded"
_SEGMENT = re.compile(r"([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})")


@dataclass(frozen=True, order=True)
class Segment:
    """A segment of WAL; ``number`` counts from the beginning of all WAL, over timelines."""

    timeline: int
    number: int


@dataclass(frozen=True)
class Archive:
    """The WAL of one cluster in one repository.

    ``segments`` gives each complete one the moment when it arrived, ``histories`` each timeline its ancestors with the
    LSN at which each was left, oldest first.
    """

    segments: Mapping[Segment, datetime] = field(default_factory=dict)
    histories: Mapping[int, tuple[tuple[int, int], ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Gap:
    """Segments that are missing, from ``first`` to ``last``, and what that means.

    ``before`` is when the last segment before them arrived, ``healed_by`` the backup from which recovery is possible
    again: between both moments it is not.
    """

    first: str
    last: str
    count: int
    verdict: str
    before: datetime | None = None
    healed_by: str = ""


@dataclass(frozen=True)
class Reach:
    """How far recovery comes: through this segment, which arrived at this moment, with this backup or an older one."""

    segment: str
    timeline: int
    moment: datetime
    backup: str


@dataclass(frozen=True)
class Continuity:
    """The gaps, the backups that cannot be relied on, and how far recovery comes, if at all."""

    gaps: tuple[Gap, ...] = ()
    unusable: tuple[str, ...] = ()
    newest: Reach | None = None

    @property
    def broken(self) -> bool:
        return any(gap.verdict == BREAKING for gap in self.gaps)


def parse_segment(name: str, size: int = SEGMENT_BYTES) -> Segment:
    """The segment that a name stands for.

    >>> parse_segment("000000010000000A00000002")
    Segment(timeline=1, number=2562)

    :raises StewardError: it stands for none.
    """
    found = _SEGMENT.fullmatch(name)
    timeline, group, rest = (int(part, 16) for part in found.groups()) if found else (0, 0, 0)
    if timeline == 0 or rest >= HALF // size:
        raise StewardError(f"{name!r} is not the name of a WAL segment of {size} bytes")
    return Segment(timeline, group * (HALF // size) + rest)


def name_segment(segment: Segment, size: int = SEGMENT_BYTES) -> str:
    """The name that PostgreSQL gives a segment, the inverse of :func:`parse_segment`."""
    group, rest = divmod(segment.number, HALF // size)
    return f"{segment.timeline:08X}{group:08X}{rest:08X}"


def parse_history(text: str) -> tuple[tuple[int, int], ...]:
    """The ancestors in a timeline's history file, each with the position at which it was left, oldest first."""
    lines = [line.split(maxsplit=2) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return tuple((int(words[0]), parse_lsn(words[1])) for words in lines)


@dataclass(frozen=True)
class Line:
    """Timelines one after the other, each with the position at which it begins."""

    parts: tuple[tuple[int, int], ...]
    size: int = SEGMENT_BYTES

    def candidates(self, number: int) -> tuple[Segment, ...]:
        """The files that can be the segment with this number, best first.

        In the segment in which a timeline begins, the one before has the same bytes up to there.
        """
        reached = [part for part in self.parts if part[1] // self.size <= number] or [self.parts[0]]
        takes_turns = len(reached) > 1 and reached[-1][1] // self.size == number
        return tuple(Segment(timeline, number) for timeline, _begin in reversed(reached[-2 if takes_turns else -1 :]))

    def name(self, number: int) -> str:
        return name_segment(self.candidates(number)[0], self.size)

    def holds(self, segment: Segment) -> bool:
        return segment in self.candidates(segment.number)

    def holds_until(self, timeline: int, position: int) -> bool:
        """Whether a timeline is on the line and not left before this position."""
        names = [name for name, _begin in self.parts]
        if timeline not in names:
            return False
        following = self.parts[names.index(timeline) + 1 :]
        return not following or position <= following[0][1]


def newest_line(archive: Archive, size: int = SEGMENT_BYTES) -> Line:
    """The way that recovery takes to the newest timeline; one without a history stands for itself."""
    newest = max((*(segment.timeline for segment in archive.segments), *archive.histories, 1))
    parts, begin = [], 0
    for ancestor, left in archive.histories.get(newest, ()):
        parts.append((ancestor, begin))
        begin = left
    return Line((*parts, (newest, begin)), size)


def check(backups: Iterable[Backup], archive: Archive, *, size: int = SEGMENT_BYTES, pushed: str = "") -> Continuity:
    """Which segments are missing on the newest line, what that means, and how far recovery comes on it.

    :param backups: those of the cluster whose WAL it is; those of an abandoned timeline are left out.
    :param pushed: the segment that the server believes archived last, which is missing when it is not there.
    """
    rows = tuple(backups)
    line = newest_line(archive, size)
    spans = sorted((span for span in _spans(rows, size) if span.on(line)), key=lambda span: span.start)
    numbers = sorted({segment.number for segment in archive.segments if line.holds(segment)})
    missing = list(_missing(numbers, spans, _promised(pushed, line)))
    labels = {backup.label for backup in rows}
    usable = [span for span in spans if span.usable(labels, missing)]
    view = _View(line, archive, spans, usable)
    unusable = tuple(span.label for span in spans if span not in usable)
    return Continuity(tuple(view.judge(*run) for run in missing), unusable, view.reach(missing, numbers))


@dataclass(frozen=True)
class _Span:
    """A backup as the segments that it cannot do without."""

    backup: Backup
    timeline: int
    start: int
    stop: int

    @property
    def label(self) -> str:
        return self.backup.label

    def on(self, line: Line) -> bool:
        return line.holds_until(self.timeline, parse_lsn(self.backup.lsn_stop))

    def usable(self, labels: set[str], missing: Iterable[tuple[int, int]]) -> bool:
        whole = all(last < self.start or first > self.stop for first, last in missing)
        return whole and not self.backup.error and labels.issuperset(self.backup.references)


def _spans(backups: Iterable[Backup], size: int) -> Iterator[_Span]:
    for backup in backups:
        start, stop = parse_segment(backup.wal_start, size), parse_segment(backup.wal_stop, size)
        yield _Span(backup, stop.timeline, start.number, stop.number)


def _promised(pushed: str, line: Line) -> list[int]:
    """The number up to which the server believes its WAL archived, if it says anything of this line."""
    if not _SEGMENT.fullmatch(pushed):
        return []
    segment = parse_segment(pushed, line.size)
    return [segment.number] if line.holds(segment) else []


def _missing(numbers: list[int], spans: list[_Span], promised: list[int]) -> Iterator[tuple[int, int]]:
    """Runs of numbers that ought to be there and are not."""
    ends = [*numbers[:1], *numbers[-1:], *(end for span in spans for end in (span.start, span.stop))]
    if not ends + promised:
        return
    expected = min(ends or promised)
    for number in [*numbers, max(ends + promised) + 1]:
        if number > expected:
            yield expected, number - 1
        expected = number + 1


@dataclass(frozen=True)
class _View:
    """A line with its backups, all of them and those that can be relied on, oldest first."""

    line: Line
    archive: Archive
    spans: list[_Span]
    usable: list[_Span]

    def judge(self, first: int, last: int) -> Gap:
        """What it means that these numbers are missing."""
        newer = next((span for span in self.usable if span.start > last), None)
        if not any(span.start <= last for span in self.spans):
            verdict, newer = UNNEEDED, None
        else:
            # Any newer backup will do, not only a full one: recovery begins with the WAL of the newest backup.
            verdict = HEALED if newer else BREAKING
        return Gap(
            first=self.line.name(first),
            last=self.line.name(last),
            count=last - first + 1,
            verdict=verdict,
            before=self._arrival(first - 1),
            healed_by=newer.label if newer else "",
        )

    def reach(self, missing: list[tuple[int, int]], numbers: list[int]) -> Reach | None:
        """How far recovery comes from the newest backup: whatever stops that one stops the older ones, too."""
        if not self.usable:
            return None
        backup = self.usable[-1]
        end = min([first - 1 for first, _last in missing if first > backup.stop], default=numbers[-1])
        segment = self._file(end)
        name = name_segment(segment, self.line.size)
        return Reach(name, segment.timeline, self.archive.segments[segment], backup.label)

    def _file(self, number: int) -> Segment:
        return next(segment for segment in self.line.candidates(number) if segment in self.archive.segments)

    def _arrival(self, number: int) -> datetime | None:
        found = (self.archive.segments.get(segment) for segment in self.line.candidates(number))
        return next((moment for moment in found if moment), None)
