# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which slots start and stop at each step of a switch from the serving release to a new one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...core.plan import Change, Plan
from ..plan import release_folder
from ..slots.plan import Slot, missing, new_schedulers, new_slots, old_slots, starting, strays

Parameters = Mapping[str, Any]


def plan(parameters: Parameters, world: Mapping[str, Any]) -> Plan:
    """The slots that the step starts and stops."""
    return PLANS[parameters["state"]](parameters, world)


def _folder(parameters: Parameters, identifier: str) -> str:
    return release_folder(parameters["platform"]["paths"], identifier)


def _previous(parameters: Parameters, kinds: tuple[str, ...]) -> list[Slot]:
    return old_slots(parameters["services"], _folder(parameters, parameters["previous"]), kinds)


def _change(action: str, slots_: list[Slot]) -> list[Change]:
    return [Change(action, slot.project, after=f"{slot.project} {action}ed", data={"slot": slot}) for slot in slots_]


def _plan_started(parameters: Parameters, world: Mapping[str, Any]) -> Plan:
    waves = starting(parameters["services"], _folder(parameters, parameters["release"]))
    changes = [
        Change("start", slot.project, after=f"{slot.project} started", data={"slot": slot, "wave": number})
        for number, wave in enumerate(waves)
        for slot in wave
    ]
    handed_over = _plan_handed_over(parameters, world).changes if parameters["hand_over"] else ()
    return Plan((*changes, *handed_over))


def _plan_handed_over(parameters: Parameters, world: Mapping[str, Any]) -> Plan:
    old = _previous(parameters, ("scheduler",))
    new = new_schedulers(parameters["services"], _folder(parameters, parameters["release"]))
    return Plan((*_change("stop", old), *_change("start", new)))


def _plan_committed(parameters: Parameters, world: Mapping[str, Any]) -> Plan:
    current = world["current"]
    before = current["id"] if current else ""
    if before == parameters["release"]:
        return Plan()
    return Plan(
        (Change("publish", parameters["platform"]["paths"]["current"], before=before, after=parameters["release"]),)
    )


def _plan_retired(parameters: Parameters, world: Mapping[str, Any]) -> Plan:
    """What somebody went back from is kept to be looked at."""
    old = _previous(parameters, ("web", "worker", "scheduler"))
    stops = _change("stop", old)
    if old and world["current"] and world["current"]["origin"]["kind"] == "rollback":
        return Plan((Change("keep words", parameters["previous"], data={"slots": old}), *stops))
    return Plan(tuple(stops))


def _plan_withdrawn(parameters: Parameters, world: Mapping[str, Any]) -> Plan:
    new = new_slots(parameters["services"], _folder(parameters, parameters["release"]))
    record = Change("fail", parameters["release"], data={"slots": new})
    return Plan((record, *_change("stop", new), *_change("start", _previous(parameters, ("scheduler",)))))


def _plan_serving(parameters: Parameters, world: Mapping[str, Any]) -> Plan:
    """What the ledger says serves must run, and nothing else of this platform.

    What is about to be replaced is not started again: it may be broken, and the reason for the new release.
    """
    current = world["current"]
    if current is None:
        return Plan()
    leaving = {name for name, service in parameters["services"].items() if service["action"] in ("replace", "remove")}
    staying = {name: service for name, service in current["services"].items() if name not in leaving}
    absent = missing(world["containers"], staying, _folder(parameters, current["id"]))
    stray = [
        Change("stop", name, before=f"{name} running", data={"project": name})
        for name in strays(world["containers"], current["services"])
    ]
    return Plan((*_change("start", absent), *stray))


PLANS: Mapping[str, Callable[[Parameters, Mapping[str, Any]], Plan]] = {
    "started": _plan_started,
    "handed_over": _plan_handed_over,
    "committed": _plan_committed,
    "retired": _plan_retired,
    "withdrawn": _plan_withdrawn,
    "serving": _plan_serving,
}
