# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines of pgBackRest, run as the server's account; no secret is ever in one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..core.errors import InputError
from ..core.lsn import parse_lsn
from .model import ACCOUNT, KINDS, STANZA

AS_ACCOUNT = ("runuser", "--user", ACCOUNT, "--", "pgbackrest")
TARGETS = ("latest", "immediate", "time", "lsn", "xid", "name")
ACTIONS = ("pause", "promote", "shutdown")
ARCHIVE_MODES = ("off", "preserve")
# PostgreSQL's words for where recovery ends take a value, or none.
VALUELESS = ("latest", "immediate")
NAME_MAXIMUM = 63
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}(?::?\d{2})?)")
_POINT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@+-]*")
_LABEL = re.compile(r"\d{8}-\d{6}F(?:_\d{8}-\d{6}[DI])?")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*")
_STANZA = re.compile(r"[a-z][a-z0-9_-]{0,40}")


@dataclass(frozen=True)
class Target:
    """Where recovery ends: ``kind`` is one of :data:`TARGETS`, ``value`` what it takes.

    ``action`` is what the server does there, ``timeline`` the timeline it follows, as a number or nothing for the
    newest.
    """

    kind: str = "latest"
    value: str = ""
    action: str = "promote"
    timeline: str = ""


def build_target(*, kind: str, value: str, action: str, timeline: str) -> Target:
    """A target whose values are such that PostgreSQL understands them as they are meant.

    :raises InputError: one is not.
    """
    _one_of(kind, TARGETS, "target_type")
    _one_of(action, ACTIONS, "target_action")
    if timeline and not (timeline.isascii() and timeline.isdigit()):
        raise InputError(f"target_timeline is {timeline!r}, allowed is: a number, or nothing for the newest")
    if kind in VALUELESS:
        if value:
            raise InputError(f"target is {value!r}, allowed is: nothing, because target_type is {kind}")
        return Target(kind, "", action, timeline)
    return Target(kind, _CHECKS[kind](value), action, timeline)


def _one_of(value: str, allowed: tuple[str, ...], place: str) -> None:
    if value not in allowed:
        raise InputError(f"{place} is {value!r}, allowed is one of: {', '.join(allowed)}")


def _moment(value: str, place: str = "target") -> str:
    # Without a zone PostgreSQL would take the one of the restored server.
    if not _MOMENT.fullmatch(value):
        raise InputError(f"{place} is {value!r}, allowed is: a moment with its zone, as 2024-12-25T14:30:00Z")
    return value.replace("T", " ").replace("Z", "+00")


def _position(value: str) -> str:
    parse_lsn(value, "target")
    return value


def _transaction(value: str) -> str:
    if not (value.isascii() and value.isdigit()):
        raise InputError(f"target is {value!r}, allowed is: the number of a transaction")
    return value


def check_point_name(value: str, place: str = "target") -> str:
    """The name of a restore point.

    :raises InputError: PostgreSQL would cut it, or it could not stand in a configuration file.
    """
    if len(value) > NAME_MAXIMUM or not _POINT.fullmatch(value):
        allowed = f"1 to {NAME_MAXIMUM} letters, digits and any of ._:@+-"
        raise InputError(f"{place} is {value!r}, allowed is: {allowed}")
    return value


_CHECKS = {"time": _moment, "lsn": _position, "xid": _transaction, "name": check_point_name}


def version() -> list[str]:
    return [*AS_ACCOUNT, "version"]


def info(*, stanza: str = STANZA, repo: int | None = None, at: str = "") -> list[str]:
    """All that the repositories hold.

    :param at: a moment; a versioned repository is read as it was then.
    """
    return [*_begin("info", stanza, repo), *_at(at), "--output=json"]


def stanza(verb: str, *, stanza: str = STANZA) -> list[str]:
    """``create``, ``upgrade`` in all repositories."""
    return [*_begin(f"stanza-{verb}", stanza), "--log-level-console=info"]


def check(*, stanza: str = STANZA) -> list[str]:
    """Push a segment and wait until it is in all repositories."""
    return [*_begin("check", stanza), "--log-level-console=info"]


def backup(*, kind: str, repo: int, stanza: str = STANZA, annotations: Mapping[str, object] | None = None) -> list[str]:
    """:raises InputError: there is no such kind, or an annotation cannot be given."""
    _one_of(kind, KINDS, "kind")
    notes = [f"--annotation={name}={value}" for name, value in check_annotations(annotations or {}).items()]
    return [*_begin("backup", stanza, repo), f"--type={kind}", *notes, "--log-level-console=detail"]


def check_annotations(annotations: Mapping[str, object]) -> dict[str, str]:
    """Names and values that stay with a backup, as text.

    :raises InputError: one is not such that it can be given.
    """
    checked = {str(name): str(value) for name, value in annotations.items()}
    for name, value in checked.items():
        if not _WORD.fullmatch(name) or not _WORD.fullmatch(value):
            raise InputError(f"annotations has {name!r}: {value!r}, allowed are: letters, digits and any of ._:-")
    return checked


def verify(*, repo: int, stanza: str = STANZA, label: str = "") -> list[str]:
    """Compare what lies in a repository with its checksums, all of it or one backup."""
    which = [f"--set={check_label(label)}"] if label else []
    return [*_begin("verify", stanza, repo), *which, "--output=text", "--verbose"]


def list_archive(*, repo: int, archive_id: str, stanza: str = STANZA, at: str = "") -> list[str]:
    """The names, sizes and times of a cluster's WAL in a repository."""
    folder = f"archive/{stanza}/{archive_id}"
    return [*_begin("repo-ls", stanza, repo), *_at(at), "--output=json", "--recurse", folder]


def read_history(*, repo: int, archive_id: str, timeline: int, stanza: str = STANZA, at: str = "") -> list[str]:
    """The ancestors of a timeline."""
    file = f"archive/{stanza}/{archive_id}/{timeline:08X}.history"
    return [*_begin("repo-get", stanza, repo), *_at(at), file]


def expire(*, repo: int, label: str, stanza: str = STANZA) -> list[str]:
    """Remove a backup and those that need it."""
    return [*_begin("expire", stanza, repo), f"--set={check_label(label)}"]


def expire_archive(*, repo: int, backups: int, stanza: str = STANZA) -> list[str]:
    """Remove the WAL that is older than the oldest of so many backups of any kind, which must be all there are."""
    kept = [f"--repo{repo}-retention-archive-type=incr", f"--repo{repo}-retention-archive={backups}"]
    return [*_begin("expire", stanza, repo), *kept]


def restore(
    *, path: str, target: Target, stanza: str = STANZA, repo: int | None = None, label: str = "", delta: bool = False,
    archive_mode: str = "off", in_place: bool = False, processes: int | None = None, at: str = "",
) -> list[str]:  # fmt: skip
    """Bring the cluster's files to ``path``, and write there how the server recovers.

    A copy beside the live cluster must not meet it: tablespaces go beside the copy, and it has folders of its own for
    locks and fetched WAL, because the live server's archiving holds those.

    :param in_place: ``path`` is the cluster's own directory.
    """
    _one_of(archive_mode, ARCHIVE_MODES, "archive_mode")
    argv = [*_begin("restore", stanza, repo), f"--archive-mode={archive_mode}", "--log-level-console=info"]
    argv.append(f"--pg1-path={path}")
    if not in_place:
        spool = spool_of(path)
        argv += [f"--tablespace-map-all={tablespaces_of(path)}", f"--spool-path={spool}", f"--lock-path={spool}"]
    if label:
        argv.append(f"--set={check_label(label)}")
    if delta:
        argv.append("--delta")
    if processes:
        argv.append(f"--process-max={processes}")
    return [*argv, *_at(at), *_recovery(target)]


def _recovery(target: Target) -> list[str]:
    words = [f"--target-timeline={target.timeline}"] if target.timeline else []
    if target.kind == "latest":
        # The engine's own default; an action is no option there.
        return words
    value = [f"--target={target.value}"] if target.value else []
    return [f"--type={target.kind}", *value, f"--target-action={target.action}", *words]


def spool_of(path: str) -> str:
    """Where a restored copy fetches WAL ahead, and has its locks."""
    return f"{path}.spool"


def tablespaces_of(path: str) -> str:
    """Where the tablespaces of a restored copy are."""
    return f"{path}.tablespaces"


def is_label(text: str) -> bool:
    """Whether a text is the label of a backup."""
    return _LABEL.fullmatch(text) is not None


def check_label(label: str, place: str = "label") -> str:
    """The label of a backup.

    :raises InputError: it is none.
    """
    if not is_label(label):
        raise InputError(f"{place} is {label!r}, allowed is: the label of a backup, as 20241225-143000F")
    return label


def _begin(verb: str, stanza: str, repo: int | None = None) -> list[str]:
    if not _STANZA.fullmatch(stanza):
        raise InputError(f"stanza is {stanza!r}, allowed is: {_STANZA.pattern}")
    return [*AS_ACCOUNT, verb, f"--stanza={stanza}", *([f"--repo={repo}"] if repo else [])]


def _at(moment: str) -> list[str]:
    return [f"--repo-target-time={_moment(moment, 'at')}"] if moment else []
