# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.recovery import model
from ansible_collections.steward.platform.plugins.module_utils.recovery.model import Source


@pytest.mark.parametrize(
    ("text", "scope"),
    [("full", "full_system"), ("database", "database_only"), ("config", "configuration"),
     ("data", "application_data"), ("emergency", "emergency"), ("database_only", "database_only")],
)  # fmt: skip
def test_both_spellings_of_a_scope(text, scope):
    assert model.parse_scope(text) == scope


def test_an_unknown_scope_is_refused():
    with pytest.raises(InputError, match="scope is 'all', allowed is one of: full_system, database_only"):
        model.parse_scope("all")


@pytest.mark.parametrize(
    ("scope", "part", "there"),
    [("full_system", "application_data", True), ("full_system", "redis-queue", True), ("full_system", "logs", False),
     ("emergency", "application_data", False), ("database_only", "postgresql", True)],
)  # fmt: skip
def test_the_parts_of_a_scope(scope, part, there):
    assert model.has_part(scope, part) is there


@pytest.mark.parametrize(
    ("text", "source"),
    [
        pytest.param("", Source("repository", "main"), id="nothing is the first repository"),
        pytest.param("20241225_020000", Source("set", "20241225_020000"), id="a set"),
        pytest.param("s3://shop-backups/eu/", Source("s3", "s3://shop-backups/eu"), id="a bucket"),
        pytest.param("/mnt/backup/", Source("path", "/mnt/backup"), id="a path"),
        pytest.param("/", Source("path", "/"), id="the root"),
        pytest.param("second", Source("repository", "second"), id="the other region"),
    ],
)
def test_a_source(text, source):
    assert model.parse_source(text, ["main", "second"]) == source


@pytest.mark.parametrize(
    ("text", "repositories", "message"),
    [
        pytest.param("third", ["main"], "source is 'third'.* or a repository: main", id="an unknown repository"),
        pytest.param("s3://x", [], "source is 's3://x', allowed is: a set's id", id="no bucket's name"),
        pytest.param("/mnt/../etc", [], "source is '/mnt/../etc'", id="a path that goes up"),
        pytest.param("", [], "source is ''", id="nothing at all"),
    ],
)
def test_a_bad_source_is_refused(text, repositories, message):
    with pytest.raises(InputError, match=message):
        model.parse_source(text, repositories)


@pytest.mark.parametrize(
    ("text", "kind", "shown"),
    [
        pytest.param("", "", "latest", id="nothing is the latest"),
        pytest.param("latest", "latest", "latest", id="the latest"),
        pytest.param("immediate", "", "immediate", id="the end of the backup"),
        pytest.param("2024-01-01T12:00:00Z", "", "time 2024-01-01T12:00:00Z", id="ISO in UTC"),
        pytest.param("2024-01-01 12:00:00+01:00", "", "time 2024-01-01T11:00:00Z", id="with an offset"),
        pytest.param("2024-01-01 12:00:00.25 +0100", "", "time 2024-01-01T11:00:00.250000Z", id="parts of a second"),
        pytest.param("2024-01-01 12:00:00", "", "time 2024-01-01T11:00:00Z", id="in the platform's zone"),
        pytest.param("2024-07-01 12:00", "time", "time 2024-07-01T10:00:00Z", id="in summer, without seconds"),
        pytest.param("0/3000028", "", "lsn 0/3000028", id="an LSN"),
        pytest.param("742", "xid", "xid 742", id="a transaction"),
        pytest.param("before-migration", "name", "name before-migration", id="a restore point"),
    ],
)
def test_a_target(text, kind, shown):
    assert str(model.parse_target(text, kind, "Europe/Berlin")) == shown


@pytest.mark.parametrize(
    ("text", "kind", "zone", "message"),
    [
        pytest.param("742", "", "UTC", "target is '742', which is no time, no LSN", id="never guesses"),
        pytest.param("2024-01-01 12:00:00", "", "", "which has no time zone", id="no zone"),
        pytest.param("2024-01-01 12:00:00", "", "Europa/Berlin", "the time zone is 'Europa/Berlin'", id="a wrong zone"),
        pytest.param("2024-01-01 12:00:00", "", "../etc", "the time zone is '../etc'", id="a path as zone"),
        pytest.param("2024-02-30 12:00:00", "", "UTC", "target is '2024-02-30 12:00:00', allowed is", id="no such day"),
        pytest.param("yesterday", "time", "UTC", "target is 'yesterday', allowed is", id="words"),
        pytest.param("2024-10-27 02:30:00", "", "Europe/Berlin", "was there twice in Europe/Berlin", id="twice"),
        pytest.param("2024-03-31 02:30:00", "", "Europe/Berlin", "was never there in Europe/Berlin", id="never"),
        pytest.param("x", "lsn", "", "target is 'x', allowed with target_type=lsn", id="no LSN"),
        pytest.param("x", "xid", "", "allowed with target_type=xid", id="no transaction"),
        pytest.param("a b", "name", "", "allowed with target_type=name", id="no restore point"),
        pytest.param("0/1", "latest", "", "allowed with target_type=latest is: nothing", id="too much"),
    ],
)
def test_a_bad_target_is_refused(text, kind, zone, message):
    with pytest.raises(InputError, match=message):
        model.parse_target(text, kind, zone)


def test_the_two_moments_that_were_meant_are_named():
    with pytest.raises(InputError) as refused:
        model.parse_moment("2024-10-27 02:30:00", "Europe/Berlin")
    assert refused.value.hint == "Write 2024-10-27T00:30:00Z or 2024-10-27T01:30:00Z."
