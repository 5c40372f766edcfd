# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each step of a recovery does and how it is taken back; each finds out by itself how far it came before."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Mapping
from typing import Any

from ....backup_set import client as sets
from ....backup_set.configuration import find_repository
from ....backup_set.job import client as jobs
from ....backup_set.making.client import repository_of
from ....backup_set.model import part_of
from ....core import files
from ....core.errors import InputError, StewardError
from ....core.table import size as in_words
from ....restic import client as restic
from ....restic.model import Repository
from ... import journal as journals
from ...content import client as content
from ...database import client as database
from ...erasures import client as erasures
from ...model import POSTGRESQL, STATE
from ...plan import DELTA
from ...services import client as services
from .. import plan
from . import lookup

Journal = Mapping[str, Any]
Result = Mapping[str, Any]
FILES = ("configuration", "application_data")


def do(journal: Journal, step: str, steward: str) -> dict[str, Any]:
    """Do a step; returns what later steps and the report need."""
    verb, part = plan.split(step)
    if verb == "backup":
        return back_up(journal, steward)
    return dict(_DO[verb, _kind(part)](journal, part))


def take_back(journal: Journal, step: str) -> dict[str, Any]:
    """Take a step back; most leave nothing."""
    verb, part = plan.split(step)
    found = _BACK.get((verb, _kind(part)))
    return dict(found(journal, part)) if found else {}


def accept(journal: Journal, step: str) -> None:
    """Remove what a step kept."""
    verb, part = plan.split(step)
    found = _ACCEPT.get((verb, _kind(part)))
    if found:
        found(journal, part)


def settle(journal: Journal) -> None:
    """Before a killed recovery goes on or back, after whatever happened to the host meanwhile."""
    # First, for our own configuration may be what has no name just then.
    for row in journal["facts"]["plan"]["parts"]:
        if row["part"] in FILES:
            content.settle_files(_paths(journal, row["part"]), journal["name"])
    if journals.is_between(journal, "fence", "release"):
        # A host that was started again has started its services, too.
        _fence(journal, "")


def _kind(part: str) -> str:
    return "files" if part in FILES else part_of(part)


def folder_of(journal: Journal) -> str:
    """Where single files of a recovery wait."""
    return f"{STATE}/{journal['name']}"


def _place(journal: Journal) -> dict[str, Any]:
    return dict(journal["facts"]["place"])


def _repository(journal: Journal) -> Repository:
    configuration = sets.read_configuration()
    return repository_of(find_repository(configuration, _place(journal)["repository"]), configuration)


# The database.


def _roles(journal: Journal) -> str:
    return f"{folder_of(journal)}.roles.json"


def _check_database(journal: Journal, part: str) -> Result:
    label = lookup.part_row(journal, part)["id"]
    found = content.find_ledger(_repository(journal))
    return {**database.check_integrity(_place(journal), label, journal["name"]), "erasures_found": found}


def _restore_database(journal: Journal, part: str) -> Result:
    marked = lookup.result(journal, f"check_integrity {part}")
    return database.restore_beside(_place(journal), lookup.wish(journal), journal["name"], marked)


def _drop_database(journal: Journal, part: str) -> Result:
    database.drop_replacement(_place(journal), journal["name"])
    return {}


def _save_database(journal: Journal, part: str) -> Result:
    result = database.safety_copy(_place(journal), journal["name"], _roles(journal))
    if result.get("warnings") and journal["facts"]["plan"]["method"] == DELTA:
        raise StewardError(f"{result['warnings'][0]}, and what is overwritten would be lost", "Use method=beside.")
    return result


def _switch_database(journal: Journal, part: str) -> Result:
    return database.switch(_place(journal), journal["name"])


def _switch_database_back(journal: Journal, part: str) -> Result:
    went_on = database.switch_back(journal["name"])
    files.remove(_roles(journal))
    # What was erased since is in the former directory, too.
    return {"went_on": went_on, **_erase(journal, part)}


def _accept_database(journal: Journal, part: str) -> None:
    database.accept(journal["name"])


def _stop_database(journal: Journal, part: str) -> Result:
    return database.stop(_place(journal))


def _start_database(journal: Journal, part: str) -> Result:
    return database.start(_place(journal))


def _overwrite_database(journal: Journal, part: str) -> Result:
    return database.restore_into(_place(journal), lookup.wish(journal))


def _verify_database(journal: Journal, part: str) -> Result:
    restored = lookup.result(journal, f"restore_beside {part}")
    return database.verify(_place(journal), restored.get("databases", []), _roles(journal))


def back_up(journal: Journal, steward: str) -> dict[str, Any]:
    """Make a set of the new timeline, without which none of it could be restored."""
    made = jobs.make_set(
        "database", {"label": f"after recovery {journal['name']}"}, steward=steward, say=lambda line: None
    )
    return {"set": made.manifest["id"] if made.manifest else "", "warnings": list(made.warnings)}


# Files, Redis and OpenBao.


def _check_stored(journal: Journal, part: str) -> Result:
    found = restic.check(_repository(journal))
    if not found["sound"]:
        said = "; ".join(str(line) for line in found["errors"][:3])
        raise StewardError(f"the repository of {part} is damaged: {said}", "Nothing was stopped. Choose another one.")
    return {}


def _restore_files(journal: Journal, part: str) -> Result:
    row = lookup.part_row(journal, part)
    excludes = (sets.read_configuration().get(part) or {"exclude": ()})["exclude"]
    return content.fetch_files(_repository(journal), row["id"], row["details"]["paths"], excludes, journal["name"])


def _paths(journal: Journal, part: str) -> list[str]:
    """What came and no more: undoing must leave alone what no restore has touched."""
    came = lookup.result(journal, f"restore_beside {part}").get("paths")
    return list(lookup.part_row(journal, part)["details"]["paths"] if came is None else came)


def _drop_files(journal: Journal, part: str) -> Result:
    content.drop_files(_paths(journal, part), journal["name"])
    return {}


def _switch_files(journal: Journal, part: str) -> Result:
    return content.switch_files(_paths(journal, part), journal["name"])


def _switch_files_back(journal: Journal, part: str) -> Result:
    content.put_back_files(_paths(journal, part), journal["name"])
    return {}


def _accept_files(journal: Journal, part: str) -> None:
    content.accept_files(_paths(journal, part), journal["name"])


def _file(journal: Journal, part: str) -> str:
    return f"{folder_of(journal)}/{part}"


def _fetch(journal: Journal, part: str) -> Result:
    row = lookup.part_row(journal, part)
    return content.fetch_file(_repository(journal), row["id"], row["details"]["paths"][0], _file(journal, part))


def _restore_redis(journal: Journal, part: str) -> Result:
    done = _fetch(journal, part)
    content.check_redis(_file(journal, part))
    return {**done, "kept_before": content.kept_of_redis(lookup.instance(part))}


def _kept_before(journal: Journal, part: str) -> list[str]:
    return list(lookup.result(journal, f"restore_beside {part}").get("kept_before", ()))


def _switch_redis(journal: Journal, part: str) -> Result:
    return content.switch_redis(lookup.instance(part), _file(journal, part), _kept_before(journal, part))


def _switch_redis_back(journal: Journal, part: str) -> Result:
    content.undo_redis(lookup.instance(part), _kept_before(journal, part))
    return {}


def _accept_redis(journal: Journal, part: str) -> None:
    kept = lookup.result(journal, f"switch {part}").get("kept")
    if kept:
        content.accept_redis(kept)


def _restore_openbao(journal: Journal, part: str) -> Result:
    done = _fetch(journal, part)
    content.check_openbao(_file(journal, part))
    return done


def _switch_openbao(journal: Journal, part: str) -> Result:
    return content.switch_openbao(sets.read_configuration()["openbao"]["address"], _file(journal, part))


def _drop_file(journal: Journal, part: str) -> Result:
    files.remove(_file(journal, part))
    # With the last one.
    with contextlib.suppress(OSError):
        os.rmdir(folder_of(journal))
    return {}


def _accept_file(journal: Journal, part: str) -> None:
    shutil.rmtree(folder_of(journal), ignore_errors=True)


# What belongs to no part.


def _check_space(journal: Journal, part: str) -> Result:
    needed, data = journal["facts"]["plan"]["space"], _place(journal).get("data", STATE)
    free = shutil.disk_usage(os.path.dirname(data)).free
    if needed > free:
        raise InputError(f"free is {in_words(free)}, but restoring beside what is there takes {in_words(needed)}")
    return {"free": free}


def _fence(journal: Journal, part: str) -> Result:
    services.stop(journal["facts"]["plan"]["stops"])
    return {}


def _release(journal: Journal, part: str) -> Result:
    services.start(journal["facts"]["plan"]["stops"])
    return {}


def _erase(journal: Journal, part: str) -> Result:
    """From the ledger that this host has now: the one of the restored moment lacks who was erased since."""
    if not any(row["part"] == POSTGRESQL for row in journal["facts"]["plan"]["parts"]):
        return {}
    entries = erasures.read()
    return erasures.replay(entries, _place(journal)["port"]) if entries else {"replayed": 0}


Step = Callable[[Journal, str], Result]
_DO: Mapping[tuple[str, str], Step] = {
    ("check_integrity", POSTGRESQL): _check_database,
    **{("check_integrity", kind): _check_stored for kind in ("files", "redis", "openbao")},
    ("check_space", ""): _check_space,
    ("restore_beside", POSTGRESQL): _restore_database,
    ("restore_beside", "files"): _restore_files,
    ("restore_beside", "redis"): _restore_redis,
    ("restore_beside", "openbao"): _restore_openbao,
    ("fence", ""): _fence,
    ("safety_copy", POSTGRESQL): _save_database,
    ("stop", POSTGRESQL): _stop_database,
    ("restore_delta", POSTGRESQL): _overwrite_database,
    ("start", POSTGRESQL): _start_database,
    ("switch", POSTGRESQL): _switch_database,
    ("switch", "files"): _switch_files,
    ("switch", "redis"): _switch_redis,
    ("switch", "openbao"): _switch_openbao,
    ("verify", POSTGRESQL): _verify_database,
    ("erasures", ""): _erase,
    ("release", ""): _release,
}
_BACK: Mapping[tuple[str, str], Step] = {
    ("restore_beside", POSTGRESQL): _drop_database,
    ("restore_beside", "files"): _drop_files,
    ("restore_beside", "redis"): _drop_file,
    ("restore_beside", "openbao"): _drop_file,
    ("fence", ""): _release,
    ("stop", POSTGRESQL): _start_database,
    ("switch", POSTGRESQL): _switch_database_back,
    ("switch", "files"): _switch_files_back,
    ("switch", "redis"): _switch_redis_back,
    ("release", ""): _fence,
}
_ACCEPT: Mapping[tuple[str, str], Callable[[Journal, str], None]] = {
    ("switch", POSTGRESQL): _accept_database,
    ("switch", "files"): _accept_files,
    ("switch", "redis"): _accept_redis,
    ("restore_beside", "redis"): _accept_file,
    ("restore_beside", "openbao"): _accept_file,
}
