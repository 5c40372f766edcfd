# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.release.rollback import plan, schema
from ansible_collections.steward.platform.plugins.module_utils.release.rollback.model import World

DEPLOY = {"kind": "deploy", "release": ""}


def back_to(identifier: str) -> dict[str, str]:
    return {"kind": "rollback", "release": identifier}


def record(identifier: str, previous: str | None, state: str = "retired", **changes: Any) -> dict[str, Any]:
    return {
        "id": identifier,
        "previous": previous,
        "state": state,
        "by": "jane@laptop",
        "started": "2024-12-25T14:30:00Z",
        "origin": DEPLOY,
        "migrations": {},
        "restore_point": {"name": None},
        "services": {"api": {"image": f"shop/api:{identifier}", "image_id": f"sha256:{identifier}"}},
        **changes,
    }


RECORDS = {
    "r1": record("r1", None, migrations={"api": {"before": [], "after": ["0001"]}}),
    "r2": record("r2", "r1"),
    "r3": record("r3", "r2", "serving", migrations={"api": {"before": ["0001"], "after": ["0002"]}}),
    "r4": record("r4", "r3", "failed"),
}
FILE = {"name": "KEY", "path": "api/key", "format": "{value}"}
API = {
    "name": "api",
    "build": "api",
    "migration": {"current": ["current"], "upgrade": ["upgrade", "head"], "downgrade": ["downgrade"]},
    "databases": [{"name": "shop"}],
    "accepts_revisions": ["0002"],
    "secret_files": [FILE],
    "slot_ports": {"blue": 18000},
    "entry_port": 8000,
    "replicas": 2,
}
STORED = {"services": [API], "builds": [{"name": "api", "context": "."}]}
MODEL = {"name": "shop", **STORED}
WORLD = World(
    records=RECORDS,
    current=RECORDS["r3"],
    target=RECORDS["r2"],
    stored=STORED,
    serving=STORED,
    images=frozenset({"sha256:r2"}),
    revisions={"api": ["0002"]},
)


def test_a_revision_is_that_of_the_last_release_that_migrated() -> None:
    assert schema.head_of(RECORDS, "r2", "api") == ["0001"]
    assert schema.head_of(RECORDS, "r3", "api") == ["0002"]
    assert schema.head_of(RECORDS, "r3", "other") == []


def test_a_release_that_went_back_has_the_revision_of_its_target() -> None:
    records = {**RECORDS, "r5": record("r5", "r3", "serving", origin=back_to("r2"))}
    assert schema.head_of(records, "r5", "api") == ["0001"]


def test_the_ledger_has_one_row_a_release_newest_first() -> None:
    rows = plan.ledger(RECORDS, {"sha256:r3": 200_000_000, "sha256:r2": 150_000_000})
    assert [(row["id"], row["complete"], row["bytes"]) for row in rows] == [
        ("r4", False, 0),
        ("r3", True, 200_000_000),
        ("r2", True, 150_000_000),
        ("r1", False, 0),
    ]
    assert rows[1]["schema"] == {"api": ["0002"]}


def test_the_table_tells_what_was_gone_back_from_and_what_is_gone() -> None:
    went_back = record("r5", "r3", "serving", origin=back_to("r2"), serving_since="2025-01-01T00:00:00Z")
    bare = record("r0", None, services={})
    table = plan.render_ledger(
        plan.ledger({"r5": went_back, "r1": RECORDS["r1"], "r0": bare}, {"sha256:r5": 5_000_000})
    )
    head, newest, oldest, empty = table.splitlines()
    assert head.split() == ["id", "state", "since", "by", "schema", "restore", "point", "MB"]
    assert newest.startswith("r5  serving (rollback of r2)  2025-01-01T00:00:00Z")
    assert newest.endswith("none           5")
    assert "retired, images gone" in oldest
    assert "api 0001" in oldest
    assert empty.split()[-3:] == ["none", "none", "0"]


def test_by_default_it_goes_to_the_last_good_release() -> None:
    assert plan.choose(RECORDS, RECORDS["r3"], "")["id"] == "r2"


def test_going_back_twice_goes_back_further() -> None:
    records = {
        **RECORDS,
        "r3": RECORDS["r3"] | {"state": "rolled_back"},
        "r5": record("r5", "r3", "serving", origin=back_to("r2")),
    }
    assert plan.choose(records, records["r5"], "")["id"] == "r1"


def test_what_was_left_and_what_went_back_is_not_chosen() -> None:
    records = {
        "r1": record("r1", None),
        "r2": record("r2", "r1", "rolled_back"),
        "r3": record("r3", "r2", "retired", origin=back_to("r1")),
        "r4": record("r4", "r3", "serving"),
    }
    assert plan.choose(records, records["r4"], "")["id"] == "r1"


def test_a_release_is_chosen_by_name() -> None:
    assert plan.choose(RECORDS, RECORDS["r3"], "r1")["id"] == "r1"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("r3", "rollback_to is r3, which serves already, allowed is one of: r2, r1"),
        ("r4", "rollback_to is r4, which never served, allowed is one of: r2, r1"),
        ("r9", "rollback_to is r9, which is not in the ledger, allowed is one of: r2, r1"),
    ],
)
def test_a_name_that_cannot_be_is_refused(wanted: str, said: str) -> None:
    with pytest.raises(StewardError) as refused:
        plan.choose(RECORDS, RECORDS["r3"], wanted)
    assert refused.value.message == said


def test_without_a_release_to_go_back_to_it_says_so() -> None:
    only = {"r1": record("r1", None, "serving")}
    with pytest.raises(StewardError, match="no good release before"):
        plan.choose(only, only["r1"], "")
    with pytest.raises(StewardError, match="allowed is one of: none"):
        plan.choose(only, only["r1"], "r1")


def test_nothing_stands_against_code_that_works_with_the_schema() -> None:
    assert plan.obstacles(WORLD, MODEL) == []


@pytest.mark.parametrize(
    ("world", "model", "said"),
    [
        (replace(WORLD, stored=None), MODEL, "release r2 was made before releases kept their model"),
        (replace(WORLD, images=frozenset()), MODEL, "the image shop/api:r2 of api is no longer on this host"),
        (replace(WORLD, revisions={"api": ["0003"]}), MODEL, "the database of api is at 0003, release r2 works with"),
        (replace(WORLD, revisions={"api": []}), MODEL, "the database of api is at nothing"),
    ],
)  # fmt: skip
def test_every_obstacle_is_a_line(world: World, model: dict[str, Any], said: str) -> None:
    (line,) = plan.obstacles(world, model)
    assert line.startswith(said)


def test_a_service_without_a_schema_has_no_conflict() -> None:
    stored = {**STORED, "services": [{**API, "migration": None}]}
    world = replace(WORLD, stored=stored, revisions={"api": ["0009"]})
    assert plan.obstacles(world, MODEL) == []


def test_the_plan_names_every_service_and_what_stays() -> None:
    current = record("r3", "r2", "serving")
    current["services"]["extra"] = {"image": "shop/extra:1", "image_id": "sha256:x"}
    assert plan.describe(replace(WORLD, current=current)).splitlines() == [
        "Back from release r3 to r2 (jane@laptop, 2024-12-25T14:30:00Z):",
        "  api: shop/api:r3 -> shop/api:r2",
        "  extra: shop/extra:1 -> stopped",
        "  database of api: stays at 0002",
    ]


NEWER = replace(WORLD, revisions={"api": ["0003"]})
NO_DOWNGRADE = {**STORED, "services": [{**API, "migration": {"upgrade": ["upgrade"], "downgrade": []}}]}


def test_a_refusal_says_what_could_be_done() -> None:
    (line,) = plan.obstacles(NEWER, MODEL)
    assert line.endswith(
        "works with 0001, 0002; rollback_schema=downgrade migrates it back, after trying that on a copy"
    )


def test_a_schema_that_can_go_back_is_no_obstacle_when_it_may() -> None:
    assert plan.obstacles(NEWER, MODEL, downgrade=True) == []
    assert schema.schema_steps(NEWER, downgrade=True) == {
        "schema_back": [{"service": "api", "command": ["downgrade", "0001"], "to": ["0001"]}],
        "schema_forth": [{"service": "api", "command": ["upgrade", "head"], "to": ["0003"]}],
        "schema_databases": ["shop"],
    }


def test_without_being_asked_no_schema_goes_back() -> None:
    nothing = {"schema_back": [], "schema_forth": [], "schema_databases": []}
    assert schema.schema_steps(NEWER, downgrade=False) == nothing
    assert schema.schema_steps(WORLD, downgrade=True) == nothing


@pytest.mark.parametrize(
    ("world", "said"),
    [
        (replace(NEWER, serving=NO_DOWNGRADE), "service api of the serving release has no migration.downgrade"),
        (replace(NEWER, serving=None), "service api of the serving release has no migration.downgrade"),
        (replace(NEWER, records={**RECORDS, "r1": record("r1", None)}), "the ledger does not know the one revision"),
    ],
    ids=["no command", "no model", "no revision"],
)
def test_a_schema_that_cannot_go_back_is_an_obstacle(world: World, said: str) -> None:
    (line,) = plan.obstacles(world, MODEL, downgrade=True)
    assert said in line
    (line,) = plan.obstacles(world, MODEL)
    assert f"rollback_schema=downgrade cannot migrate it back: {said}" in line


def test_the_plan_says_what_a_schema_that_goes_back_costs() -> None:
    assert plan.describe(NEWER, downgrade=True).splitlines()[-3:] == [
        "  database of api: 0003 -> 0001",
        "  What the newer schema holds beyond the older one is lost; there is no restore point to bring it back.",
        "  Requests may fail from the moment the schema goes back until the older release serves.",
    ]


POINT = {"name": "release_r3", "set": "20241225_142950", "host": "db", "moment": "2024-12-25T14:30:10Z", "lsn": "0/1"}


def with_points(**changes: Any) -> World:
    records = {**RECORDS, "r3": {**RECORDS["r3"], "restore_point": POINT}, **changes}
    return replace(WORLD, records=records, current=records["r3"])


def test_the_data_of_a_release_is_where_its_successor_began() -> None:
    found = plan.find_point(with_points())
    assert found == {name: POINT[name] for name in ("name", "set", "host", "moment")}
    again = record("r5", "r3", origin={"kind": "restart", "release": "r3"})
    assert plan.find_point(replace(with_points(r5=again), current=again))["name"] == "release_r3"


def test_without_a_restore_point_the_data_stays() -> None:
    with pytest.raises(StewardError, match="release r3 has no restore point"):
        plan.find_point(WORLD)
    with pytest.raises(StewardError, match="release r4 was not replaced"):
        plan.find_point(replace(with_points(), target=RECORDS["r4"]))


def test_a_schema_that_goes_back_with_the_data_is_no_obstacle() -> None:
    world = replace(WORLD, revisions={"api": ["0009"]})
    assert plan.obstacles(world, MODEL)
    assert plan.obstacles(world, MODEL, restored=True) == []
    told = plan.describe(world, restore=POINT)
    assert "all databases: back to 2024-12-25T14:30:10Z (the restore point release_r3)" in told
    assert "stays at" not in told
