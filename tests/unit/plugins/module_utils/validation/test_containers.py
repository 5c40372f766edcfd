# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.containers.parse import Confinement, Container
from ansible_collections.steward.platform.plugins.module_utils.containers.plan import build_compose, configuration_hash
from ansible_collections.steward.platform.plugins.module_utils.validation.containers import (
    Engine,
    confinement_of,
    validate,
)
from ansible_collections.steward.platform.plugins.module_utils.validation.model import Row, Serving

SERVICE: dict[str, Any] = {
    "name": "api",
    "kind": "web",
    "port": 8000,
    "replicas": 2,
    "slot_ports": {"blue": 18000, "green": 18008},
    "uid": 10001,
    "limits": {"memory": "512M", "cpus": 1.0},
    "stop_grace": 30,
    "environment": {},
    "volumes": [{"source": "/srv/uploads", "target": "/uploads", "writable": True}],
    "command": [],
    "health": {"command": []},
    "secret_files": [],
    "migration": None,
}
PLATFORM = {"name": "shop", "paths": {"secrets": "/run/shop/secrets"}}
ADDRESS = "10.90.2.21"
UPLOADS = "/srv/uploads on /uploads writable"
MOUNTS = f"/etc/ssl/steward/ca on /run/platform, /run/shop/secrets/api on /run/secrets, {UPLOADS}"
DOCUMENT = build_compose(PLATFORM, SERVICE, "blue", "shop/api:1", ADDRESS)
RECORDED: dict[str, Any] = {
    "project": "shop-api-blue",
    "slot": "blue",
    "replicas": 2,
    "image": "shop/api:1",
    "image_id": "sha256:1",
    "config_hash": configuration_hash(PLATFORM, SERVICE),
}
SERVING = Serving(
    {"platform": "shop", "paths": PLATFORM["paths"], "address": ADDRESS},
    {"services": {"api": RECORDED}},
    (SERVICE,),
    (),
)


def container(name: str, **changes: Any) -> Container:
    present = Container(
        name, "shop/api:1", "sha256:1", "shop-api-blue", "blue", "api", "running", "healthy", 0, 0,
        platform="shop", config_hash=f"hash-{name[-1]}",
    )  # fmt: skip
    return replace(present, **changes)


def engine(*containers: Container, **changes: Any) -> Engine:
    present = containers or (container("shop-api-blue-1"), container("shop-api-blue-2"))
    confinements = {
        f"shop-api-blue-{number}": confinement_of(DOCUMENT["services"][f"replica-{number}"]) for number in (1, 2)
    }
    whole = Engine(present, confinements, {"api": DOCUMENT}, {"api": {"replica-1": "hash-1", "replica-2": "hash-2"}})
    return replace(whole, **changes)


def said(rows: list[Row]) -> list[tuple[str, str, str]]:
    return [(row.finding.name, row.finding.status, row.finding.message) for row in rows]


def judged(seen: Engine, serving: Serving = SERVING) -> list[tuple[str, str, str]]:
    return said(list(validate(serving, seen)))


def test_what_runs_as_recorded_is_one_good_row() -> None:
    assert judged(engine()) == [("containers", "pass", "2 in blue run as recorded and confined as written")]


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"state": "exited", "exit_code": 137}, "fail", "it is exited, exit code 137"),
        ({"state": "restarting"}, "fail", "it is restarting, exit code 0"),
        ({"out_of_memory": True}, "fail", "the kernel killed it, or a part of it, for want of memory"),
        ({"health": "unhealthy"}, "fail", "its health command says that it is unhealthy"),
        ({"health": "starting"}, "warn", "it is still starting"),
        ({"restarts": 2}, "warn", "it was restarted 2 times since its release"),
        ({"image_id": "sha256:2"}, "fail", "it runs another image than the release recorded"),
        ({"slot": "green"}, "fail", "it is not of slot blue"),
        ({"config_hash": "other"}, "fail", "it was made of another Compose file"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_replica_that_is_not_as_recorded_is_found(changes: dict[str, Any], status: str, message: str) -> None:
    seen = engine(container("shop-api-blue-1", **changes), container("shop-api-blue-2"))
    assert judged(seen) == [("shop-api-blue-1", status, message)]


def test_a_replica_that_is_gone_is_found() -> None:
    assert judged(engine(container("shop-api-blue-1"))) == [("shop-api-blue-2", "fail", "the container is not there")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: replace(c, privileged=True), "privileged: it has True, its Compose file says False"),
        (lambda c: replace(c, user="0:0"), "user: it has 0:0, its Compose file says 10001:10001"),
        (
            lambda c: replace(c, ports=frozenset()),
            f"ports: it has none, its Compose file says {ADDRESS}:18000 to 8000/tcp",
        ),
        (
            lambda c: replace(c, mounts=frozenset({("/srv/uploads", "/uploads", True)})),
            f"mounts: it has {UPLOADS}, its Compose file says {MOUNTS}",
        ),
    ],
    ids=["privileged", "user", "ports", "mounts"],
)  # fmt: skip
def test_a_container_that_may_do_more_or_less_than_written_is_found(
    change: Callable[[Confinement], Confinement], message: str
) -> None:
    seen = engine()
    confinements = dict(seen.confinements)
    confinements["shop-api-blue-1"] = change(confinements["shop-api-blue-1"])
    assert judged(replace(seen, confinements=confinements)) == [("shop-api-blue-1", "fail", message)]


def test_an_edited_or_missing_compose_file_is_found() -> None:
    edited = {**DOCUMENT, "services": {**DOCUMENT["services"], "replica-3": DOCUMENT["services"]["replica-1"]}}
    assert judged(engine(documents={"api": edited}))[0][:2] == ("compose.json", "fail")
    assert judged(engine(documents={"api": None}, hashes={"api": {}})) == [
        ("compose.json", "fail", "the Compose file of the release is not there")
    ]


def test_a_version_that_would_write_another_configuration_only_warns() -> None:
    serving = replace(SERVING, record={"services": {"api": {**RECORDED, "config_hash": "older"}}})
    assert judged(engine(), serving)[0][:2] == ("compose.json", "warn")


def test_strays_are_found_and_those_of_others_are_told() -> None:
    usual = (container("shop-api-blue-1"), container("shop-api-blue-2"))
    stray = container("shop-api-green-1", slot="green")
    stopped = container("shop-api-green-2", slot="green", state="exited")
    foreign = container("theirs", platform="", service="")
    rows = list(validate(SERVING, engine(*usual, stray, stopped, foreign)))
    assert [(row.service, row.finding.name, row.finding.status) for row in rows[1:]] == [
        ("api", "shop-api-green-1", "fail"),
        ("", "theirs", "warn"),
    ]
