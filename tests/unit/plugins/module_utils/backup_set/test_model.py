# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set.model import (
    PARTS,
    TYPES,
    choose_kind,
    compression,
    holds_data,
    parse_options,
    part_of,
    wanted_parts,
)
from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError

from .samples import DOCUMENT, configuration

ALL_FULL = ["postgresql", "redis-cache", "redis-queue", "openbao", "configuration", "application_data", "logs"]


@pytest.mark.parametrize(
    ("set_type", "names"),
    [
        ("full", ALL_FULL),
        ("incremental", ["postgresql", "redis-cache", "redis-queue", "configuration", "logs"]),
        ("config", ["configuration"]),
        ("emergency", ["postgresql", "redis-cache", "redis-queue", "configuration", "openbao"]),
        ("schema", ["schema"]),
        ("database", ["postgresql"]),
    ],
)
def test_a_type_has_its_parts(set_type: str, names: list[str]) -> None:
    assert [wanted.name for wanted in wanted_parts(set_type, configuration())] == names


def test_every_type_is_tested_and_has_known_parts() -> None:
    assert set(TYPES) == {"full", "incremental", "config", "emergency", "schema", "database"}
    assert all(set(each.parts) <= set(PARTS) and set(each.essential) <= set(each.parts) for each in TYPES.values())


def test_only_a_full_set_and_the_databases_alone_begin_anew() -> None:
    asked = {
        name: wanted_parts(name, configuration())[0].kind for name in ("full", "incremental", "emergency", "database")
    }
    assert asked == {"full": "full", "incremental": "incr", "emergency": "incr", "database": "full"}


def test_a_host_has_the_parts_of_its_groups() -> None:
    app = configuration(postgresql=None, redis=None, openbao=None)
    assert [wanted.name for wanted in wanted_parts("full", app)] == ["configuration", "application_data", "logs"]


def test_a_server_that_cannot_be_copied_is_dumped() -> None:
    external = configuration(postgresql={"port": 5432, "method": "logical"})
    for set_type in ("full", "incremental"):
        database = wanted_parts(set_type, external)[0]
        assert (database.engine, database.kind) == ("pgdump", "dump")


def test_a_set_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="this host has nothing that a set of type schema holds"):
        wanted_parts("schema", configuration(postgresql=None))


@pytest.mark.parametrize(
    ("has_base", "gap", "kind"),
    [(True, False, "incr"), (False, False, "full"), (True, True, "full"), (False, True, "full")],
    ids=["a base and all WAL", "no base", "a gap in the WAL", "neither"],
)
def test_an_increment_needs_a_base_and_the_wal_since(has_base: bool, gap: bool, kind: str) -> None:
    wanted = wanted_parts("incremental", configuration())[0]
    assert choose_kind(wanted, has_base=has_base, gap=gap) == kind


def test_what_is_no_increment_stays_what_it_is() -> None:
    wanted = wanted_parts("config", configuration())[0]
    assert choose_kind(wanted, has_base=False, gap=True) == "snapshot"


@pytest.mark.parametrize(
    ("name", "part", "data"),
    [
        ("redis-cache", "redis", True),
        ("postgresql", "postgresql", True),
        ("logs", "logs", False),
        ("manifest", "manifest", False),
    ],
)
def test_a_part_is_data_or_not(name: str, part: str, data: bool) -> None:
    assert (part_of(name), holds_data(name)) == (part, data)


def test_a_set_can_be_made_in_another_repository() -> None:
    assert parse_options({"repository": "second"}, configuration())["repositories"] == ["second"]
    both = parse_options({"repository": "second", "remote": ["main"]}, configuration())
    assert both["repositories"] == ["second", "main"]


def test_nothing_said_is_a_full_set_in_the_main_repository() -> None:
    assert parse_options({}, configuration()) == {
        "type": "full",
        "label": "",
        "verify": False,
        "compress": 3,
        "remote": [],
        "repository": None,
        "retention": None,
        "encrypted": None,
        "repositories": ["main"],
    }


def test_a_set_may_go_to_other_repositories_at_once() -> None:
    assert parse_options({"remote": ["second", "second"]}, configuration())["repositories"] == ["main", "second"]


COPIED = [DOCUMENT["repositories"][0], {**DOCUMENT["repositories"][1], "replicates": "main"}]
PLAIN = [{"name": "main", "type": "posix", "path": "/var/backups/steward", "encrypted": False}]


@pytest.mark.parametrize(
    ("given", "changes", "message"),
    [
        ({"type": "ful"}, {}, "backup.type is 'ful', allowed is one of: full, incremental, config, emergency"),
        ({"label": "-x"}, {}, "backup.label is '-x', allowed is: at most 64 letters"),
        ({"compress": 10}, {}, "backup.compress is 10, allowed is: at least 0 and at most 9"),
        ({"retention": 0}, {}, "backup.retention is 0, allowed is: at least 1"),
        ({"retentio": 1}, {}, "backup.retentio is unknown, did you mean retention?"),
        ({"remote": ["main"]}, {}, "backup.remote is 'main', allowed is: second"),
        ({"repository": "second", "remote": ["second"]}, {}, "backup.remote is 'second', allowed is: main"),
        ({"repository": "thrd"}, {}, "backup.repository is 'thrd', allowed is one of: main, second"),
        ({"repository": "second"}, {"repositories": COPIED}, "backup.repository is 'second', allowed is one of: main"),
        (
            {"remote": ["x"]},
            {"repositories": PLAIN},
            "backup.remote is 'x', allowed is: nothing, there is one repository",
        ),
        (
            {"encrypted": True},
            {"repositories": PLAIN},
            "the repository main is not encrypted. Encryption is chosen when",
        ),
        ({"encrypted": False}, {}, "backup.encrypted is False, but the repository main is encrypted"),
    ],
)
def test_what_cannot_be_made_is_refused_in_one_line(
    given: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError) as refusal:
        parse_options(given, configuration(**changes))
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_encrypted_set_is_made_where_all_repositories_are_encrypted() -> None:
    assert parse_options({"encrypted": True, "remote": ["second"]}, configuration())["encrypted"] is True


@pytest.mark.parametrize(("level", "restic"), [(0, "off"), (1, "auto"), (6, "auto"), (7, "max"), (9, "max")])
def test_a_level_is_told_in_each_engines_words(level: int, restic: str) -> None:
    assert compression(level) == {"restic": restic, "zstd": level}
