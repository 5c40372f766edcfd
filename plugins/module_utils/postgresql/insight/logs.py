# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which lines of the server's log are shown, and where it is."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo

from ...core.errors import StewardError

# How each entry begins (%m of log_line_prefix); its further lines begin otherwise.
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\.\d+ (\S+) ")
WORLD_TIME = ("UTC", "GMT", "Etc/UTC")


def find_log(text: str, port: int) -> str:
    """The log of the cluster with this port, of what ``pg_lsclusters --json`` says.

    :raises StewardError: there is no such cluster.
    """
    for cluster in json.loads(text):
        if int(cluster["port"]) == port:
            return str(cluster["logfile"])
    raise StewardError(f"no PostgreSQL cluster of this host has the port {port}", "Run the role postgresql first.")


def moment_of(line: str, local: tzinfo) -> datetime | None:
    """When an entry was written; None for a line that begins none.

    :param local: the host's time zone, which the server's log has unless it says UTC.
    """
    found = _MOMENT.match(line)
    if found is None:
        return None
    zone = UTC if found[2] in WORLD_TIME else local
    return datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)


def select_lines(lines: Iterable[str], since: datetime | None, limit: int | None, local: tzinfo) -> list[str]:
    """The last lines, at most ``limit``, of the entries since a moment."""
    return list(deque(_since(lines, since, local), limit))


def _since(lines: Iterable[str], since: datetime | None, local: tzinfo) -> Iterator[str]:
    begun = since is None
    for line in lines:
        if not begun and since is not None:
            moment = moment_of(line, local)
            begun = moment is not None and moment >= since.replace(microsecond=0)
        if begun:
            yield line
