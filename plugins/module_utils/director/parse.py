# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What HAProxy and its files say, as data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..core.errors import StewardError

# Bits of srv_admin_state: by command, inherited, by DNS and by name. 0x04 only remembers that the file said
# "disabled" and stays set when the server has long been made ready.
_MAINTENANCE = 0x01 | 0x02 | 0x20 | 0x40
_DRAIN = 0x08 | 0x10
_SERVER_LINE = re.compile(r"^\s+server (?P<name>\S+) (?P<endpoint>\S+)(?P<disabled> disabled)?$", re.MULTILINE)


@dataclass(frozen=True)
class Placed:
    """A server in a file of ours."""

    name: str
    endpoint: str
    active: bool


@dataclass(frozen=True)
class Statistics:
    """A server in HAProxy's statistics."""

    status: str
    check: str
    answer: str
    sessions: int
    queue: int


def parse_file(text: str) -> tuple[Placed, ...]:
    """The servers in the file of a service."""
    return tuple(
        Placed(match["name"], match["endpoint"], not match["disabled"]) for match in _SERVER_LINE.finditer(text)
    )


def mark_active(text: str, active: Callable[[Placed], bool]) -> str:
    """The file of a service with other servers active, and else as it was."""

    def line(match: re.Match[str]) -> str:
        placed = Placed(match["name"], match["endpoint"], not match["disabled"])
        return match[0].removesuffix(" disabled") + ("" if active(placed) else " disabled")

    return _SERVER_LINE.sub(line, text)


def parse_states(text: str) -> dict[str, dict[str, str]]:
    """``show servers state`` as backend → server → ``ready``, ``drain`` or ``maint``.

    :raises StewardError: the answer has another form.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < 2 or lines[0] != "1" or not lines[1].startswith("# "):
        raise StewardError(f"HAProxy's server states are not understood: {text[:80]!r}")
    columns = lines[1][2:].split()
    states: dict[str, dict[str, str]] = {}
    for line in lines[2:]:
        row = dict(zip(columns, line.split(), strict=True))
        states.setdefault(row["be_name"], {})[row["srv_name"]] = _state(int(row["srv_admin_state"]))
    return states


def _state(bits: int) -> str:
    if bits & _MAINTENANCE:
        return "maint"
    return "drain" if bits & _DRAIN else "ready"


def parse_statistics(text: str) -> dict[tuple[str, str], Statistics]:
    """``show stat json`` as (backend, server) → statistics.

    :raises StewardError: the answer is not JSON.
    """
    try:
        rows = json.loads(text)
    except ValueError as error:
        raise StewardError(f"HAProxy's statistics are not JSON: {text[:80]!r}") from error
    found = {}
    for row in rows:
        fields: Mapping[str, Any] = {field["field"]["name"]: field["value"]["value"] for field in row}
        if row and row[0]["objType"] == "Server":
            found[fields["pxname"], fields["svname"]] = Statistics(
                status=fields["status"],
                # While a check is under way the last one's outcome is marked.
                check=" ".join(
                    str(fields[name]) for name in ("check_status", "check_code") if fields.get(name)
                ).removeprefix("* "),
                answer=str(fields.get("last_chk", "")),
                sessions=int(fields["scur"]),
                queue=int(fields["qcur"]),
            )
    return found


def parse_variable(text: str) -> str:
    """``get var`` of a text variable; empty when there is none.

    >>> parse_variable("proc.a: type=str value=<0f>")
    '0f'
    """
    match = re.search(r"type=str value=<(.*)>", text)
    return match[1] if match else ""
