# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking the steps of a switch on one app host, each safe to repeat after a controller died in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...containers import client as engine
from ...core import clock, files
from ...core.plan import Change, Plan
from ...director import client as director
from .. import client
from ..plan import release_folder
from ..slots import client as slots
from ..slots.plan import Slot, serving_endpoints, starting
from ..stored import code_of
from .plan import Parameters, plan


def observe(parameters: Parameters) -> dict[str, Any]:
    """The serving release, and the containers that are here."""
    current = client.current_record(parameters["platform"]["paths"])
    return {"current": current, "containers": engine.platform_containers(parameters["platform"]["name"])}


def watch(parameters: Parameters) -> dict[str, Any]:
    """See for a while that the new web services and workers stay well.

    :raises StewardError: one of them does not.
    """
    folder = release_folder(parameters["platform"]["paths"], parameters["release"])
    watched = [slot for wave in starting(parameters["services"], folder) for slot in wave]
    if watched:
        slots.watch(watched, parameters["address"], parameters["observe"])
    return {"watched": [slot.project for slot in watched]}


def settle(platform: str, paths: Mapping[str, str], address: str) -> dict[str, list[str]]:
    """On a host that starts, undo what an interrupted switch left; returns what HAProxy's files and Docker were told.

    HAProxy has not started yet, and the services that serve are started by their units.
    """
    parameters = {"platform": {"name": platform, "paths": paths}, "state": "serving", "services": {}}
    world = observe(parameters)
    if world["current"] is None:
        return {"directed": [], "stopped": []}
    directed = director.settle(address, serving_endpoints(world["current"]["services"], address))
    strays = tuple(change for change in plan(parameters, world).changes if change.action == "stop")
    apply(parameters, Plan(strays))
    return {"directed": directed, "stopped": [change.subject for change in strays]}


def apply(parameters: Parameters, wanted: Plan) -> None:
    """Carry the changes out: neighbours with the same verb and wave together, in the order of the plan."""
    together: list[Change] = []
    for change in wanted.changes:
        if together and (change.action, change.data.get("wave")) != (together[0].action, together[0].data.get("wave")):
            ACTIONS[together[0].action](parameters, together)
            together = []
        together.append(change)
    if together:
        ACTIONS[together[0].action](parameters, together)


def _start(parameters: Parameters, changes: list[Change]) -> None:
    slots.start([change.data["slot"] for change in changes], parameters["address"], parameters["ready_timeout"])


def _stop(parameters: Parameters, changes: list[Change]) -> None:
    """Stop slots; what an interrupted deploy left has no record, so it gets the engine's usual grace."""
    known = [change.data["slot"] for change in changes if "slot" in change.data]
    unknown = [
        Slot(change.subject, change.data["project"], "", (), "", 10) for change in changes if "slot" not in change.data
    ]
    slots.stop([*known, *unknown])


def _publish(parameters: Parameters, changes: list[Change]) -> None:
    paths, identifier = parameters["platform"]["paths"], parameters["release"]
    previous = client.current_record(paths)
    published = client.update_record(
        paths, identifier, {"state": "serving", "serving_since": clock.to_text(clock.now())}
    )
    client.publish_current(paths, identifier)
    if previous is None:
        return
    client.update_record(paths, previous["id"], {"state": "retired"})
    if published["origin"]["kind"] == "rollback":
        # What was left may be the same code at another scale; nothing shall go back to that code by itself.
        for left in sorted({previous["id"], code_of(client.read_records(paths), previous["id"])}):
            client.update_record(paths, left, {"state": "rolled_back"})


def _fail(parameters: Parameters, changes: list[Change]) -> None:
    _keep_words(parameters, changes)
    client.update_record(
        parameters["platform"]["paths"], parameters["release"], {"state": "failed", "error": parameters["error"]}
    )


def _keep_words(parameters: Parameters, changes: list[Change]) -> None:
    """What a release's containers said last, beside its record, for whoever looks for the reason."""
    (change,) = changes
    words = slots.last_words(change.data["slots"])
    folder = release_folder(parameters["platform"]["paths"], change.subject)
    files.write_json(f"{folder}/last-words.json", words, mode="0600")


ACTIONS: Mapping[str, Callable[[Parameters, list[Change]], None]] = {
    "start": _start,
    "stop": _stop,
    "publish": _publish,
    "fail": _fail,
    "keep words": _keep_words,
}
