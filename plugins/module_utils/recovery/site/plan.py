# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a lost site comes back, host by host: the steps of a bare host, and at which places of a deploy they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ...core.errors import InputError
from ...core.plan import Change, Plan
from ...openbao.model import ADMIN_FILE
from .. import estimate
from ..model import LATEST, POSTGRESQL, TARGET_TYPES, has_part, rank
from ..plan import Chosen, Wish, newest, part_row

MODES = ("recovery", "drill")
SCOPE = "full_system"
# A deploy onto bare hosts with its images, as the demo's takes (five to seven minutes).
DEPLOY_SECONDS = 360
OPENBAO, CONFIGURATION, DATA = "openbao", "configuration", "application_data"
# What the deploy needs that nothing could make again: of a set's configuration, no more than this. Everything else
# comes from the inventory, with the addresses of the new hosts.
CARRIED: Mapping[str, str] = {
    "/etc/steward/pki": "the authority, which clients trust",
    ADMIN_FILE: "the login of the administrator at OpenBao",
}

# The stages, in their order: what a playbook asks for at its places. A step belongs to one by its first word.
BEGIN, SOURCE, SECRETS, DATABASE, CONTENT, SERVING = "begin", "source", "secrets", "database", "content", "serving"
STAGES: Mapping[str, tuple[str, ...]] = {
    SOURCE: ("keys", "files"),
    SECRETS: ("fetch", "unlock"),
    DATABASE: ("restore", "switch"),
    CONTENT: ("erasures", "fill"),
    SERVING: ("serve",),
}
# By part, what is done; parts that nobody needs again, such as logs, stay where they are.
_STEPS: Mapping[str, tuple[str, ...]] = {
    CONFIGURATION: (),
    DATA: ("files application_data",),
    # Its host is the one that has what is carried, too.
    OPENBAO: ("keys openbao", "files configuration", "fetch openbao", "unlock openbao"),
    POSTGRESQL: ("restore postgresql", "switch postgresql", "erasures postgresql"),
}
_ORDER = tuple(word for words in STAGES.values() for word in words)

Journal = Mapping[str, Any]

# The options that both modules have.
SPEC: Mapping[str, Any] = {
    "host": {"type": "str", "required": True},
    "platform": {"type": "str", "required": True},
    "asked": {
        "type": "dict",
        "default": {},
        "apply_defaults": True,
        "options": {
            "repository": {"type": "str", "default": ""},
            "set": {"type": "str", "default": ""},
            "target": {"type": "str", "default": "latest"},
            "target_type": {"type": "str", "choices": ["", *TARGET_TYPES], "default": ""},
        },
    },
}


def steps_of(parts: Iterable[str]) -> list[str]:
    """The steps of a host that has these parts, in their order.

    >>> steps_of(["openbao", "redis-queue"])
    ['keys openbao', 'files configuration', 'fetch openbao', 'unlock openbao', 'fill redis-queue', 'serve']
    """
    found = [step for part in parts for step in _STEPS.get(part, (f"fill {part}",))]
    return [*sorted(found, key=lambda step: _ORDER.index(step.split()[0])), "serve"]


def split(step: str) -> tuple[str, str]:
    """A step's word and its part."""
    word, _blank, part = step.partition(" ")
    return word, part


def is_of(step: str, stage: str) -> bool:
    """Whether a step belongs to a stage."""
    return split(step)[0] in STAGES[stage]


def pending(journal: Journal, stage: str) -> list[str]:
    """The steps of a stage that are still to be done."""
    return [row["step"] for row in journal["steps"] if row["state"] != "done" and is_of(row["step"], stage)]


def plan_stage(stage: str, journal: Journal | None) -> Plan:
    """What is left of a stage, or the beginning."""
    facts = {"journal": journal}
    if stage == BEGIN:
        return Plan(() if is_open(journal) else (Change(BEGIN, "recovery of this host", "", "chosen"),), facts)
    left = pending(journal, stage) if journal else list(STAGES[stage])
    return Plan(tuple(Change("do", step, "", "done") for step in left), facts)


def is_open(journal: Journal | None) -> bool:
    """Whether a recovery was begun and has not ended."""
    return journal is not None and journal["state"] in ("running", "failed")


def refuse_occupied(host: str, found: Sequence[str], journal: Journal | None) -> None:
    """Recover onto bare hosts only.

    :param found: where data of a platform lies.
    :raises InputError: there is some, and no recovery that was begun here put it there.
    """
    if found and not is_open(journal):
        raise InputError(
            f"{host} holds data already, in {', '.join(found)}; allowed is: a bare host",
            "To bring a host that is there back to a moment, see playbooks/restore.yml.",
        )


def folder_to_read(repositories: Sequence[Mapping[str, Any]], name: str) -> str:
    """The folder of the repository that is read, the first one without a name; nothing when it is elsewhere."""
    named = [row for row in repositories if name in ("", row["name"])]
    return str(named[0]["path"]) if named and named[0]["type"] == "posix" else ""


def refuse_absent(host: str, folder: str, is_there: Callable[[str], bool]) -> None:
    """See that a repository on this host is where the inventory says.

    :raises InputError: it is not.
    """
    if folder and not is_there(folder):
        raise InputError(
            f"{host} has none of its backups in {folder}",
            "Mount the repository there, or copy it there with owners and modes, then run this again.",
        )


def refuse_other(journal: Journal, asked: Mapping[str, Any]) -> None:
    """A recovery goes on as it was begun.

    :raises InputError: something else is asked for now.
    """
    begun = journal["facts"]["asked"]
    for name, value in asked.items():
        if value != begun[name]:
            raise InputError(
                f"recovery_{name} is {value!r}, but the recovery {journal['name']} was begun with {begun[name]!r}",
                "Give it the same options again, so that it goes on; or begin anew on a bare host.",
            )


def with_newest(wish: Wish, chosen: Sequence[Chosen], sets: Sequence[Mapping[str, Any]], now: datetime) -> list[Chosen]:
    """Of a site that comes back as far as can be, what is not replayed is the newest there is.

    Were it bound to the last WAL, a queue would go back a whole set for the seconds that the set took.
    """
    if wish.target.kind != LATEST or wish.source.kind == "set":
        return list(chosen)
    replayed = {each.part: each for each in chosen if each.window is not None}
    # Those too whose only set ended after the last WAL.
    parts = {each["part"] for row in sets for each in row["parts"] if has_part(wish.scope, each["part"])}
    found = [*replayed.values(), *(newest(sets, part, now) for part in parts - replayed.keys())]
    return sorted(found, key=lambda each: (rank(wish.scope, each.part), each.part))


def described(wish: Wish, chosen: Sequence[Chosen]) -> dict[str, Any]:
    """What comes back to a host and how long that takes, for people and for the report."""
    parts = [part_row(each) for each in chosen if each.part != "logs"]
    return {
        "platform": wish.platform,
        "scope": wish.scope,
        "target": {"type": wish.target.kind, "value": wish.target.value},
        "parts": parts,
        "seconds": DEPLOY_SECONDS
        + round(sum(estimate.transfer((), each.part, each.size).seconds for each in chosen), 1),
        "moment": next((row["moment"] for row in parts if row["replayed"]), ""),
    }


def carried_paths(stored: Sequence[str]) -> list[str]:
    """Of what a set's configuration holds, what comes back."""
    return [path for path in CARRIED if any(path == root or path.startswith(f"{root}/") for root in stored)]


def data_places(platform: str, redis: Iterable[str]) -> list[str]:
    """Where data would lie on a host, as patterns."""
    return [
        "/var/lib/openbao/raft/raft",
        "/var/lib/postgresql/*/*/PG_VERSION",
        *(f"/var/lib/redis/{name}/*" for name in redis),
        f"/opt/{platform}/current",
    ]


def merge(journals: Mapping[str, Journal]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The plans and the steps of all hosts as one, for the report; a step of several hosts says whose it is.

    :raises InputError: no host has a journal.
    """
    if not journals:
        raise InputError("journals is empty, allowed is: the journal of each host")
    several = len(journals) > 1
    plans = [journal["facts"]["plan"] for journal in journals.values()]
    rows = [
        {**row, "step": f"{host}: {row['step']}" if several else row["step"]}
        for host, journal in journals.items()
        for row in journal["steps"]
    ]
    first = max(plans, key=lambda plan: bool(plan["moment"]))
    parts = [
        {**part, "part": f"{host}: {part['part']}" if several else part["part"]}
        for host, journal in journals.items()
        for part in journal["facts"]["plan"]["parts"]
    ]
    # Hosts work at the same time; the database takes longest.
    plan = {**first, "parts": parts, "seconds": max(plan["seconds"] for plan in plans)}
    return plan, sorted(rows, key=lambda row: (not row["started"], row["started"]))


def reached(journals: Mapping[str, Journal]) -> str:
    """The moment of the last commit that came back; empty when no database did, or nobody knows."""
    results = [journal["facts"]["results"].get("restore postgresql", {}) for journal in journals.values()]
    return max((result.get("reached", "") for result in results), default="")


def deploy_row(steps: Sequence[Mapping[str, Any]], serving: str) -> dict[str, Any]:
    """The deploy that goes on between the steps, as a row of the timeline.

    >>> deploy_row([{"step": "keys openbao", "finished": "2026-11-28T12:00:57Z"}], "2026-11-28T12:07:08Z")["started"]
    '2026-11-28T12:00:57Z'
    """
    brought = [row["finished"] for row in steps if is_of(row["step"].rpartition(": ")[2], SOURCE)]
    state = "done" if serving else "running"
    return {"step": "deploy", "state": state, "started": max(brought, default=""), "finished": serving, "error": ""}
