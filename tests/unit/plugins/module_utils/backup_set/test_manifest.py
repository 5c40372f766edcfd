# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set import manifest
from ansible_collections.steward.platform.plugins.module_utils.backup_set.model import wanted_parts
from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError

from .samples import FULL, KEY, configuration, part

STARTED, FINISHED = datetime(2024, 12, 25, 2, tzinfo=UTC), datetime(2024, 12, 25, 2, 1, 10, tzinfo=UTC)
SHOP = {"name": "shop", "size": 1000, "tables": 12, "rows": 5000}


def head(set_type: str = "full", repositories: tuple[str, ...] = ("main",), **changes: Any) -> manifest.Head:
    return manifest.Head(
        id="20241225_020000",
        type=set_type,
        platform="dotmac",
        host="db1",
        steward="0.1.0",
        started=STARTED,
        repositories=repositories,
        wanted=tuple(wanted_parts(set_type, configuration())),
        **changes,
    )


def build(about: manifest.Head, parts: list[dict[str, Any]], **options: Any) -> manifest.Manifest:
    failures = options.pop("failures", [])
    return manifest.build(about, parts, failures, finished=FINISHED, **options)


def everything(about: manifest.Head, but: tuple[str, ...] = (), repository: str = "main") -> list[dict[str, Any]]:
    return [part(each.name, each.name, repository=repository) for each in about.wanted if each.name not in but]


def test_a_manifest_tells_what_was_made_and_how_long_it_took() -> None:
    about = head(label="before the move", retention=10, warnings=("the clock jumped",))
    made = build(about, [part("postgresql", "p", details={"databases": [SHOP]}), *everything(about, ("postgresql",))])
    assert made["outcome"] == "complete"
    assert (made["seconds"], made["label"]) == (70.0, "before the move")
    assert made["keep_until"] == "2025-01-04T02:00:00Z"
    assert made["versions"] == {"pgbackrest": "2.55.1", "restic": "0.18.0"}
    assert made["envelope"] == [SHOP]
    assert made["warnings"] == ["the clock jumped"]
    assert made["wanted"][:3] == ["postgresql", "redis-cache", "redis-queue"]


@pytest.mark.parametrize(
    ("set_type", "missing", "outcome"),
    [
        ("full", (), "complete"),
        ("full", ("openbao",), "partial"),
        ("full", ("redis-queue",), "partial"),
        ("full", ("postgresql",), "failed"),
        ("full", ("application_data",), "failed"),
        ("incremental", ("logs",), "partial"),
        ("emergency", ("openbao", "redis-cache"), "partial"),
        ("emergency", ("postgresql",), "failed"),
        ("config", ("configuration",), "failed"),
        ("schema", ("schema",), "failed"),
    ],
)
def test_without_what_matters_a_set_has_failed(set_type: str, missing: tuple[str, ...], outcome: str) -> None:
    about = head(set_type)
    assert build(about, everything(about, missing))["outcome"] == outcome


def test_a_set_of_which_nothing_was_made_has_failed_though_nothing_of_it_is_essential() -> None:
    about = manifest.Head(**{**vars(head("full")), "wanted": tuple(wanted_parts("full", configuration())[1:3])})
    assert build(about, [])["outcome"] == "failed"


def test_a_set_that_did_not_reach_another_repository_is_partial() -> None:
    about = head(repositories=("main", "second"))
    there = everything(about, repository="second")
    assert build(about, [*everything(about), *there])["outcome"] == "complete"
    assert build(about, [*everything(about), *there[1:]])["outcome"] == "partial"
    assert build(about, [*everything(about)[1:], *there])["outcome"] == "failed"


def test_a_part_of_nothing_has_failed_where_something_must_be() -> None:
    about = head()
    nothing = [{**each, "size": 0} for each in everything(about)]
    made = build(about, nothing)
    assert [each["part"] for each in made["parts"]] == ["application_data", "logs"]
    assert {"part": "postgresql", "engine": "pgbackrest", "error": "pgbackrest backed up 0 bytes"} in made["failures"]
    assert made["outcome"] == "failed"


def test_what_nobody_knows_must_not_be_empty_either() -> None:
    made = build(head("config"), [part("configuration", "c"), part("unknown", "u", size=0)])
    assert [each["part"] for each in made["failures"]] == ["unknown"]


def test_a_failed_part_is_told_with_its_reason() -> None:
    about = head()
    said = manifest.failure(about.wanted[3], StewardError("OpenBao is sealed", "Unseal it."))
    made = build(about, everything(about, ("openbao",)), failures=[said])
    assert made["failures"] == [{"part": "openbao", "engine": "restic", "error": "OpenBao is sealed. Unseal it."}]
    said = manifest.failure(about.wanted[3], StewardError("it is full"), "second")
    assert said["error"] == "second: it is full"


def test_a_repository_that_was_away_stands_in_the_manifest() -> None:
    error = StewardError("https://s3.example.org: no answer")
    about = head()
    made = build(about, everything(about), failures=[manifest.away("second", error)])
    assert manifest.warnings_of(made) == ["all parts: second: https://s3.example.org: no answer"]


def test_what_did_not_take_the_manifest_has_no_whole_set() -> None:
    about = head()
    made = manifest.unpublished(build(about, everything(about)), "second", StewardError("it broke off"))
    assert made["outcome"] == "partial"
    assert made["failures"] == [{"part": "manifest", "engine": "restic", "error": "second: it broke off"}]


def test_a_logical_copy_says_that_it_is_one() -> None:
    made = build(head("database"), [part("postgresql", "d", engine="pgdump", kind="dump")])
    assert made["warnings"] == [
        "postgresql was dumped logically: this set is restored as a whole, no moment after it can be reached"
    ]


@pytest.mark.parametrize(
    ("now", "warnings"),
    [
        ({"size": 500}, []),
        ({"size": 499}, ["postgresql shrank from 1000 to 499 bytes"]),
        ({"size": 499, "repository": "second"}, []),
        ({"details": {"databases": [SHOP]}}, []),
        ({"details": {}}, ["the database shop is no longer there"]),
        ({"details": {"databases": [{**SHOP, "tables": 0}]}}, ["the database shop has no table any more, it had 12"]),
    ],
    ids=["half", "less than half", "of another repository", "the same", "a database less", "no table"],
)
def test_what_was_lost_since_the_set_before_is_a_warning(now: dict[str, Any], warnings: list[str]) -> None:
    before = {"parts": [part("logs", "l"), part("postgresql", "a", details={"databases": [SHOP]})]}
    # Only what changes is of interest: databases stay unless the case says so.
    details = {"details": {"databases": [SHOP]}}
    made = build(head("database"), [part("postgresql", "p", **{**details, **now})], previous=before)
    assert made["warnings"] == warnings


def test_a_database_that_never_had_a_table_is_no_warning() -> None:
    databases = {"databases": [{**SHOP, "tables": 0}]}
    before = {"parts": [part("postgresql", "a", details=databases)]}
    assert build(head("database"), [part("postgresql", "p", details=databases)], previous=before)["warnings"] == []


def test_a_sealed_manifest_is_read_again() -> None:
    assert manifest.parse(manifest.to_text(FULL), KEY, named=FULL["id"]) == FULL


def test_the_seal_is_that_of_the_one_spelling() -> None:
    shuffled = dict(reversed(list(FULL.items())))
    assert manifest.canonical(shuffled) == manifest.canonical(FULL)
    assert manifest.seal(shuffled, KEY) == manifest.seal({**FULL, "mac": "old"}, KEY) == FULL
    assert manifest.canonical({"b": 1, "a": "ü"}) == b'{"a":"\\u00fc","b":1}'


def changed() -> list[tuple[str, Any]]:
    """Each value of the manifest, in its parts too, changed by itself to another one that its kind allows."""
    cases: list[tuple[str, Any]] = []
    for name, value in FULL.items():
        if isinstance(value, str) and name not in ("id", "type", "outcome"):
            cases.append((name, {**FULL, name: "2000-01-01T00:00:00Z"}))
        if isinstance(value, float):
            cases.append((name, {**FULL, name: value + 1}))
    for name in ("id", "engine", "repository", "part"):
        parts = [{**FULL["parts"][0], name: "other"}, *FULL["parts"][1:]]
        cases.append((f"parts.{name}", {**FULL, "parts": parts}))
    cases += [
        ("id", {**FULL, "id": "20241226_020000"}),
        ("type", {**FULL, "type": "config"}),
        ("outcome", {**FULL, "outcome": "partial"}),
        ("a part less", {**FULL, "parts": FULL["parts"][1:]}),
        ("keep_until", {**FULL, "keep_until": "2030-01-01T00:00:00Z"}),
        ("a failure more", {**FULL, "failures": [{"part": "x", "engine": "y", "error": "z"}]}),
        ("details", {**FULL, "parts": [{**FULL["parts"][0], "details": {"wal_start": "0"}}, *FULL["parts"][1:]]}),
    ]
    return cases


@pytest.mark.parametrize("document", [case for _name, case in changed()], ids=[name for name, _case in changed()])
def test_whatever_was_changed_is_refused_by_the_sets_name(document: Any) -> None:
    with pytest.raises(
        StewardError, match="the manifest of the set 20241225_020000 was changed, or sealed with another"
    ):
        manifest.read(document, KEY, named="20241225_020000")


def test_another_key_is_refused() -> None:
    with pytest.raises(StewardError, match="was changed, or sealed with another key"):
        manifest.read(FULL, b"x" * 32, named=FULL["id"])


@pytest.mark.parametrize("length", [0, 31])
def test_a_key_that_is_none_seals_nothing(length: int) -> None:
    with pytest.raises(StewardError, match=f"has {length} bytes, it needs at least 32"):
        manifest.seal(FULL, b"k" * length)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"started": "2024-12-25 02:00"},
            "started is '2024-12-25 02:00', allowed is: a moment, as 2024-12-25T14:30:00Z",
        ),
        ({"parts": [part("postgresql", "p", repository=None)]}, "repository is missing"),
        ({"id": "../x"}, "the manifest of the set ../x.id is '../x', allowed is: a set's id"),
    ],
)
def test_what_could_not_be_read_again_is_not_sealed(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(StewardError) as refusal:
        manifest.seal({**FULL, **changes}, KEY)
    assert message in str(refusal.value)


def test_a_manifest_of_another_set_is_refused() -> None:
    with pytest.raises(StewardError, match="the manifest of the set 20241226_020000 is the one of 20241225_020000"):
        manifest.read(FULL, KEY, named="20241226_020000")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({**FULL, "schema": 2}, "the manifest of the set s has schema 2, this steward reads up to 1. Use the newer"),
        (None, "the manifest of the set s is missing"),
        ([], "the manifest of the set s is [], allowed is: object"),
        ({}, "the manifest of the set s.schema is missing"),
        ({**FULL, "more": 1}, "the manifest of the set s.more is unknown"),
        ({**FULL, "mac": 1}, "the manifest of the set s.mac is 1, allowed is: text"),
        ({**FULL, "mac": "ü"}, "the manifest of the set s was changed"),
    ],
)
def test_what_is_no_manifest_is_refused(document: Any, message: str) -> None:
    with pytest.raises(StewardError) as refusal:
        manifest.read(document, KEY, named="s")
    assert str(refusal.value).startswith(message)


@pytest.mark.parametrize("text", ["{", '{"seconds": NaN}', manifest.to_text(FULL).replace("70.0", "-Infinity")])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(StewardError, match="the manifest of the set s is not JSON"):
        manifest.parse(text, KEY, named="s")


def test_a_number_that_json_does_not_know_is_never_sealed() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        manifest.seal({**FULL, "seconds": float("nan")}, KEY)


def test_the_file_is_json() -> None:
    assert json.loads(manifest.to_text(FULL)) == FULL


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("20241225_020000", True),
        ("20241225_020000.json", False),
        ("../20241225_020000", False),
        ("20241325_020000", False),
        ("20241225_02000", False),
    ],
)
def test_an_id_is_told_from_other_names(name: str, is_one: bool) -> None:
    assert manifest.is_identifier(name) is is_one


def test_what_the_server_held_stands_in_place_of_the_engines_counts() -> None:
    table = {"name": "public.orders", "rows": 3, "size": 8192}
    inventory = [{"name": "shop", "size": 9000, "rows": 3, "tables": [table], "extensions": []}]
    about = head()
    assert build(about, everything(about), inventory=inventory)["envelope"] == inventory
