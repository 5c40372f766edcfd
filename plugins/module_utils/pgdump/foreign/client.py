# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a dump is that somebody brings: looked at by its content, never run."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ...core import files, process
from ...core.errors import InputError, StewardError
from .. import command, parse, plan
from ..client import SECONDS, digest, find_tools, read_contents, scan_file, size_of
from ..model import CLUSTER_SQL, DIRECTORY, SQL, TAR, UNKNOWN, Header

WORK = "/var/tmp"
UNPACKED = "steward-unpacked-"
_OPENERS: Mapping[str, Callable[..., Any]] = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}
_DAMAGES = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, OSError)
_NOTHING: Mapping[str, Any] = {
    "databases": [], "dangerous": [], "tables": 0, "restorable": False, "problem": "", "server_version": "",
    "dump_version": "", "compression": "",
}  # fmt: skip


@dataclass(frozen=True)
class Dump:
    """A dump that can be read as it is: unpacked when it was packed."""

    path: str
    kind: str
    packing: str
    head: bytes
    tail: bytes


@contextmanager
def opened(path: str, work: str) -> Iterator[Dump]:
    """A dump, unpacked below ``work`` while the block runs, so that what is looked at is what is restored."""
    _refuse_changed(path)
    if os.path.isdir(path):
        head = _head(f"{path}/{parse.TABLE_OF_CONTENTS}")[0]
        yield Dump(path, DIRECTORY if parse.parse_header(head) else UNKNOWN, "", head, b"")
        return
    head, tail = _head(path)
    packing = parse.parse_packing(head)
    if not packing:
        yield Dump(path, parse.parse_kind(head), "", head, tail)
        return
    with tempfile.TemporaryDirectory(dir=work, prefix=UNPACKED) as folder:
        plain = f"{folder}/plain"
        _unpack(packing, path, plain)
        head, tail = _head(plain)
        yield Dump(plain, parse.parse_kind(head), packing, head, tail)


def _refuse_changed(path: str) -> None:
    """Compare a dump of ours with the checksums in it or beside it; others have none."""
    inside, (parent, name) = (path, ""), os.path.split(os.path.abspath(path))
    for folder, part in (inside, (parent, name)):
        known = files.observe(f"{folder}/{parse.SUMS}") if os.path.isdir(folder) else None
        for changed, expected in parse.parse_sums(known.content if known else "", part).items():
            file = f"{folder}/{changed}"
            if not os.path.isfile(file) or digest(file) != expected:
                raise StewardError(f"{path} is damaged: {changed} is not as it was written", "Take another dump.")


def _head(path: str) -> tuple[bytes, bytes]:
    try:
        with open(path, "rb") as file:
            head = file.read(parse.HEAD)
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - parse.TAIL, 0))
            return head, file.read()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error


def _unpack(packing: str, source: str, target: str) -> None:
    if packing not in _OPENERS:
        process.run(command.decode(packing, source, target), timeout=SECONDS)
        return
    try:
        with _OPENERS[packing](source, "rb") as packed, open(target, "xb") as file:
            shutil.copyfileobj(packed, file, 1 << 20)
    except _DAMAGES as error:
        raise StewardError(f"{source} cannot be unpacked as {packing}: {error}") from error


def inspect_foreign(*, path: str, read_all: bool = True, work: str = WORK) -> dict[str, Any]:
    """What a dump of unknown origin is, by its content: nothing is run, no server is needed.

    :param read_all: read an archive to its end, all rows; a damaged one is an error.
    :param work: where a packed file is unpacked for the time; it needs its whole size.
    :returns: ``kind`` (custom, directory, tar, sql, cluster_sql, unknown), ``packing``, ``size``, ``databases``,
        ``dangerous``, ``tables``, ``restorable`` with ``problem``, ``server_version``, ``dump_version``,
        ``compression``.
    """
    with opened(path, work) as dump:
        said = {"path": path, "kind": dump.kind, "packing": dump.packing, "size": size_of(path)[0]}
        if dump.kind in (SQL, CLUSTER_SQL):
            return {**_NOTHING, **said, **_inspect_sql(path, dump)}
        if not parse.is_archive(dump.kind):
            return {**_NOTHING, **said, "problem": "it is no dump of PostgreSQL"}
        return {**_NOTHING, **said, **_inspect_archive(dump, read_all=read_all)}


def _inspect_sql(path: str, dump: Dump) -> dict[str, Any]:
    found = scan_file(dump.path)
    problem = ""
    try:
        plan.refuse_sql(path, dump.kind, found, cut_off=parse.is_cut_off(dump.kind, dump.head, dump.tail))
    except StewardError as error:
        problem = error.message
    return {
        "databases": list(found.databases),
        "dangerous": list(found.dangerous),
        "tables": found.tables,
        "restorable": not problem,
        "problem": problem,
    }


def _inspect_archive(dump: Dump, *, read_all: bool) -> dict[str, Any]:
    header = read_header(dump)
    tool = plan.choose_restore_tool(find_tools(), header.dump_version)
    entries = read_contents(tool, dump.path)
    if read_all:
        process.run(command.read_archive(tool, dump.path), timeout=SECONDS)
    return {
        "databases": [header.database] if header.database else [],
        "tables": plan.count_tables(entries),
        "restorable": True,
        "server_version": header.server_version,
        "dump_version": header.dump_version,
        "compression": header.compression,
    }


def read_header(dump: Dump) -> Header:
    """What pg_dump wrote at the beginning of an archive."""
    begin = parse.TAR_BLOCK if dump.kind == TAR else 0
    return parse.parse_header(dump.head[begin:]) or Header("", dump.kind)
