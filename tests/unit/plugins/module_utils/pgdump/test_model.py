# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.pgdump.model import (
    Entry,
    Server,
    Tool,
    build_server,
    check_jobs,
    check_level,
)


def test_nothing_given_is_the_local_server() -> None:
    server = build_server(None)
    assert (server, server.is_local, server.account) == (Server(), True, "postgres")
    assert server.describe() == "the local server on port 5432"
    assert server.parameters("shop") == {
        "host": "/var/run/postgresql",
        "port": "5432",
        "user": "postgres",
        "dbname": "shop",
        "connect_timeout": "10",
        "application_name": "steward",
    }


def test_another_server_is_known_by_its_certificate_and_never_asks_for_a_home() -> None:
    server = build_server({"host": "db.example.com", "user": "backup", "sslrootcert": "/ca.pem", "passfile": None})
    known = server.parameters("shop")
    assert (server.account, server.describe()) == ("", "db.example.com port 5432")
    assert (known["sslmode"], known["sslrootcert"], known["passfile"]) == ("verify-full", "/ca.pem", "/dev/null")


def test_a_password_stays_in_its_file() -> None:
    server = build_server({"host": "db", "sslmode": "require", "passfile": "/etc/pgpass"})
    known = server.parameters("shop")
    assert known["passfile"] == "/etc/pgpass"
    assert "sslrootcert" not in known


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param({"host": "db", "sslmode": "on"}, "server.sslmode is 'on'", id="mode"),
        pytest.param({"port": 0}, "server.port is 0, allowed is: 1 to 65535", id="port"),
        pytest.param({"host": "db"}, "server.sslrootcert is missing", id="no CA"),
        pytest.param({"passfile": "/x"}, "server.passfile is given", id="a password for the socket"),
    ],
)
def test_a_server_that_cannot_be_is_refused(given, message) -> None:
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        build_server(given)


@pytest.mark.parametrize("level", ["none", "0", "zstd", "zstd:3", "gzip:9", "lz4:1"])
def test_levels_are_those_of_pg_dump(level: str) -> None:
    assert check_level(level) == level


@pytest.mark.parametrize("level", ["", "zstd:", "brotli:3", "9; rm", "zstd:100"])
def test_other_levels_are_refused(level: str) -> None:
    with pytest.raises(InputError, match="level is"):
        check_level(level)


def test_jobs_have_bounds() -> None:
    assert check_jobs(64) == 64
    for jobs in (0, 65):
        with pytest.raises(InputError, match=f"jobs is {jobs}, allowed is: 1 to 64"):
            check_jobs(jobs)


def test_names_and_versions() -> None:
    assert Entry(1, "TABLE", "sales", "orders", "shop").full_name == "sales.orders"
    assert Tool("/usr/lib/postgresql/17/bin", "17.12").major == 17
