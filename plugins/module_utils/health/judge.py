# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the answers mean, section by section."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..containers.plan import unit_of
from ..core import clock
from ..core.findings import FAIL, PASS, UNKNOWN, WARN, Finding
from ..pki.plan import RENEW_FRACTION
from .model import Answer, Answers, Configuration, Release, Row
from .plan import ENGINE_UNITS, replica_name

# Of max_connections; beyond this the next peak is refused.
CONNECTIONS_FULL = 0.9
# Of maxmemory, where nothing is evicted.
MEMORY_FULL = 0.9


@dataclass(frozen=True)
class Seen:
    """All that is known of this host at one moment."""

    configuration: Configuration
    release: Release | None
    answers: Answers
    now: datetime


def judge(seen: Seen) -> list[Row]:
    """All rows, in the order in which people read them."""
    return [row for judge_part in JUDGES for row in judge_part(seen)]


def _silent(section: str, name: str, answer: Answer, status: str = FAIL) -> Row:
    return Row(section, Finding(name, status, answer.error, answer.hint), answer.milliseconds)


def _judge_release(seen: Seen) -> Iterator[Row]:
    if "app" not in seen.configuration["groups"]:
        return
    if seen.release is None:
        yield Row("release", Finding("release", WARN, "nothing is deployed yet", "Run the playbook deploy."))
        return
    identifier, state = seen.release["id"], seen.release["state"]
    facts = {"id": identifier, "state": state}
    if state == "serving":
        yield Row("release", Finding("release", PASS, f"{identifier}, serving"), facts=facts)
    else:
        hint = "A deploy was interrupted; run the playbook deploy again."
        yield Row("release", Finding("release", WARN, f"{identifier}, {state}", hint), facts=facts)


def _judge_services(seen: Seen) -> Iterator[Row]:
    units = seen.answers.get("units", Answer())
    for name, service in (seen.release["services"] if seen.release else {}).items():
        numbers = range(1, service["replicas"] + 1)
        replicas = [_replica(name, number, service["project"], seen.answers) for number in numbers]
        unit = unit_of(seen.configuration["platform"], name)
        state = (units.data or {}).get(unit, "unknown")
        times = [replica["latency_ms"] for replica in replicas if replica["latency_ms"] is not None]
        facts = {"kind": service["kind"], "slot": service["slot"], "unit": state, "replicas": replicas}
        yield Row("services", _judge_service(name, unit, facts), max(times, default=None), facts)


def _replica(service: str, number: int, project: str, answers: Answers) -> dict[str, Any]:
    """One replica: its container, and its own answer where it can be asked; ``problem`` is empty when it is well."""
    name, containers = f"{project}-{number}", answers["containers"]
    present = (containers.data or {}).get(name, {"state": "absent", "health": "", "restarts": 0})
    asked = answers.get(replica_name(service, number))
    latency = None if asked is None or asked.milliseconds is None else round(asked.milliseconds, 1)
    problem = containers.error or _container_problem(name, present) or _answer_problem(asked)
    return {"name": name, **present, "latency_ms": latency, "problem": problem}


def _container_problem(name: str, present: Mapping[str, Any]) -> str:
    if present["state"] != "running":
        return f"container {name} is {present['state']}"
    return f"container {name} is {present['health']}" if present["health"] not in ("", "healthy") else ""


def _answer_problem(asked: Answer | None) -> str:
    if asked is None or asked.error:
        return asked.error if asked else ""
    return "" if asked.data["status"] == 200 else f"ready answers {asked.data['status']}: {asked.data['text']}"


def _judge_service(name: str, unit: str, facts: Mapping[str, Any]) -> Finding:
    problems = [replica["problem"] for replica in facts["replicas"] if replica["problem"]]
    every = len(facts["replicas"])
    count = f"{every - len(problems)} of {every} ready in {facts['slot']}"
    if problems:
        said = "; ".join([count, *dict.fromkeys(problems)])
        hint = f"See steward app logs {name}."
        return Finding(name, FAIL if len(problems) == every else WARN, said, hint)
    if facts["unit"] != "active":
        hint = f"Without it a reboot does not start the service: systemctl start {unit}."
        return Finding(name, WARN, f"{count}; {unit} is {facts['unit'] or 'not installed'}", hint)
    return Finding(name, PASS, count)


def _judge_director(seen: Seen) -> Iterator[Row]:
    director = seen.answers.get("director")
    if director is None:
        return
    yield from (Row("director", Finding(**row), director.milliseconds) for row in director.data or [])
    if director.error:
        yield _silent("director", "director", director)


def _judge_engines(seen: Seen) -> Iterator[Row]:
    units = seen.answers.get("units", Answer())
    for unit in (unit for group in seen.configuration["groups"] for unit in ENGINE_UNITS.get(group, ())):
        state = (units.data or {}).get(unit)
        if units.error:
            yield _silent("engines", unit, units, UNKNOWN)
        elif state == "active":
            yield Row("engines", Finding(unit, PASS, "active"))
        else:
            yield Row("engines", Finding(unit, FAIL, state or "not installed", f"See journalctl -u {unit}."))


def _judge_data(seen: Seen) -> Iterator[Row]:
    for name, answer in seen.answers.items():
        judge_one = DATA.get(name.split()[0])
        if judge_one is not None:
            yield (
                _silent("data", name, answer)
                if answer.error
                else Row("data", judge_one(name, answer.data), answer.milliseconds, answer.data)
            )


def _judge_postgresql(name: str, data: Mapping[str, Any]) -> Finding:
    used, maximum = data["connections"]["used"], data["connections"]["maximum"]
    role = "standby" if data["in_recovery"] else "primary"
    said = f"{data['version'].split()[0]}, {role}, {used} of {maximum} connections"
    if used >= CONNECTIONS_FULL * maximum:
        return Finding(name, WARN, said, "Find who holds them: steward db activity.")
    return Finding(name, PASS, said)


def _judge_redis(name: str, data: Mapping[str, Any]) -> Finding:
    used, maximum = data["memory"]["used"], data["memory"]["maximum"]
    memory = f"{_megabytes(used)} of {_megabytes(maximum)} MB"
    said = f"{data['version']}, {data['role']}, {data['clients']} clients, {memory}"
    if data["loading"]:
        return Finding(name, WARN, f"{said}, still loading", "It reads its data back; wait for it.")
    if data["last_write"] == "err":
        return Finding(name, FAIL, f"{said}, cannot write its file", "Is the disk full? See its unit's journal.")
    if data["eviction"] == "noeviction" and maximum and used >= MEMORY_FULL * maximum:
        return Finding(name, WARN, said, "A full instance refuses writes: find what fills it, or give it more memory.")
    return Finding(name, PASS, said)


def _megabytes(size: int) -> str:
    return f"{size / 2**20:.0f}" if size else "unlimited"


def _judge_openbao(name: str, data: Mapping[str, Any]) -> Finding:
    if not data["initialized"]:
        return Finding(name, FAIL, "not initialised", "Run the role openbao.")
    if data["sealed"]:
        return Finding(name, FAIL, "sealed: nobody obtains secrets", "Unseal it; what serves keeps the secrets it has.")
    return Finding(name, PASS, f"{data['version']}, unsealed, {'standby' if data['standby'] else 'active'}")


DATA: Mapping[str, Callable[[str, Mapping[str, Any]], Finding]] = {
    "postgresql": _judge_postgresql,
    "redis": _judge_redis,
    "openbao": _judge_openbao,
}


def _judge_certificates(seen: Seen) -> Iterator[Row]:
    answer = seen.answers["certificates"]
    if answer.error:
        yield _silent("certificates", "certificates", answer)
        return
    for row in seen.configuration["certificates"]:
        data = answer.data[row["name"]]
        if data is None:
            yield Row("certificates", Finding(row["name"], FAIL, f"{row['path']} is not there", "Run the role pki."))
        else:
            yield _judge_certificate(row, data, seen.now)


def _judge_certificate(row: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> Row:
    begins, ends = clock.parse(data["not_before"]), clock.parse(data["not_after"])
    left, names = (ends - now).days, ", ".join(data["names"])
    said = f"{left} days left" + (f" for {names}" if names else "")
    facts = {**data, "path": row["path"], "days_left": left}
    if ends <= now:
        finding = Finding(row["name"], FAIL, f"ended on {ends:%Y-%m-%d}", "Run the role pki.")
    elif ends - now < (ends - begins) / RENEW_FRACTION:
        finding = Finding(row["name"], WARN, said, "The time of renewal has begun; run the role pki.")
    else:
        finding = Finding(row["name"], PASS, said)
    return Row("certificates", finding, facts=facts)


JUDGES: tuple[Callable[[Seen], Iterator[Row]], ...] = (
    _judge_release,
    _judge_services,
    _judge_director,
    _judge_engines,
    _judge_data,
    _judge_certificates,
)
