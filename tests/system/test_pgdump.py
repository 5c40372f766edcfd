# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps of a real server: what comes back is what was there, what is no backup is no success, what reaches too far is
refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.data_services import CA_FILE, Service, make_model, prepare
from ansible_collections.steward.platform.tests.support.machines import Machine, poll
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner, PlayResult

pytestmark = pytest.mark.long

PROGRAMS = "/usr/lib/postgresql/17/bin"
FOLDER = "/var/backups/pgdump"
PASSFILE = "/etc/steward-test.pgpass"
PASSWORD = "ledger-pass-0123456789abcdef"
CLIENT = {"role": "ledger_api", "path": "database/ledger-api", "access": "owner"}
CREDENTIALS = {CLIENT["path"]: {"username": CLIENT["role"], "password": PASSWORD}}
SOURCE, EMPTY = "dump_source", "dump_nothing"
# Of everything that a table may need or have, and rows that say what only statements may not.
CONTENT = r"""
CREATE SCHEMA sales;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TABLE customers (id serial PRIMARY KEY, name text, feeling mood);
CREATE SEQUENCE numbers;
CREATE TABLE sales.orders (
    id bigint PRIMARY KEY DEFAULT nextval('numbers'), customer int REFERENCES customers, what text
);
CREATE INDEX orders_what ON sales.orders (what);
CREATE TRIGGER touched BEFORE UPDATE ON sales.orders FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TABLE logs (day date, what text) PARTITION BY RANGE (day);
CREATE TABLE logs_2024 PARTITION OF logs FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE VIEW names AS SELECT name FROM customers;
INSERT INTO customers (name, feeling) SELECT 'customer ' || n, 'ok' FROM generate_series(1, 2000) n;
INSERT INTO sales.orders (customer, what) SELECT n, E'DROP DATABASE dump_source;\n\\connect postgres\n\\.'
    FROM generate_series(1, 1000) n;
INSERT INTO logs SELECT date '2024-02-01' + n, 'line ' || n FROM generate_series(1, 100) n;
"""
TABLES = {"public.customers": 2000, "sales.orders": 1000, "public.logs": 100}


@pytest.fixture(scope="module")
def data(host: Callable[..., Machine]) -> Machine:
    return prepare(host("data"))


@pytest.fixture(scope="module")
def server(data: Machine, inventory: Callable[..., Path], ansible_playbook: PlaybookRunner) -> Iterator[Service]:
    databases = [{"name": "ledger", "extensions": [], "clients": [CLIENT]}]
    services = [{"name": "ledger-api", "kind": "web", "replicas": 1}]
    variables = {
        "platform": make_model(data, databases=databases, services=services),
        "postgresql_credentials": CREDENTIALS,
    }
    service = Service("postgresql", ansible_playbook, inventory({"database": [data], "secrets": [data]}), variables)
    service.play(["pki"])
    data.run(f"rm -rf {FOLDER}; mkdir -p {FOLDER}")
    for name in (SOURCE, EMPTY):
        make_database(data, name)
    psql(data, SOURCE, CONTENT)
    yield service
    # Whoever has this host next would copy and count them.
    for name in psql(data, "postgres", r"SELECT datname FROM pg_database WHERE datname LIKE 'dump\_%'").split():
        psql(data, "postgres", f"DROP DATABASE {name} WITH (FORCE)")


def psql(data: Machine, database: str, statements: str) -> str:
    argv = "runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1"
    return data.run(f"{argv} -d {database}", input=statements).stdout.strip()


def make_database(data: Machine, name: str) -> str:
    psql(data, "postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE);\nCREATE DATABASE {name};")
    return name


def checksums(data: Machine, database: str) -> dict[str, str]:
    """Rows and a checksum over all of them, asked with another tool."""
    return {
        table: psql(data, database, f"SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {table} t")
        for table in TABLES
    }


def call(service: Service, module: str, *, check: bool = False, expect: int = 0, **options: Any) -> PlayResult:
    task = {"name": "Act", f"steward.platform.{module}": options}
    return service.tasks(tasks=[task], check=check, diff=True, expect=expect, options=["-vvv"])


def backup(service: Service, name: str, **options: Any) -> dict[str, Any]:
    result = call(service, "pgdump_backup", path=f"{FOLDER}/{name}", **options).result("Act")
    assert isinstance(result, dict)
    return result


def failure(service: Service, module: str, **options: Any) -> str:
    return str(call(service, module, expect=2, **options).failed[0].result["msg"])


@pytest.fixture(scope="module")
def dumped(server: Service) -> str:
    backup(server, "shared", databases=[SOURCE])
    return f"{FOLDER}/shared/{SOURCE}"


def test_what_was_dropped_comes_back_as_it_was(data: Machine, server: Service) -> None:
    predicted = call(server, "pgdump_backup", path=f"{FOLDER}/all", check=True).result("Act")
    assert data.run(f"ls -A {FOLDER}").stdout == ""
    done = backup(server, "all")
    assert (predicted["changed"], predicted["diff"]) == (True, done["diff"])
    result = done["result"]
    rows = {row["name"]: row for row in result["details"]["databases"]}
    assert {"ledger", "postgres", SOURCE, EMPTY} <= set(rows)
    assert (rows[SOURCE]["tables"], rows[SOURCE]["rows"]) == (4, 3100)
    assert f"the database {EMPTY} has no tables" in result["details"]["warnings"]
    assert result["added"] == int(data.run(f"cat $(find {FOLDER}/all -type f) | wc -c").stdout)
    assert data.run(f"find {FOLDER}/all ! -user root -o -perm /077").stdout == ""
    assert "SCRAM" not in data.run(f"cat {FOLDER}/all/globals.sql").stdout
    before = checksums(data, SOURCE)
    assert {table: int(line.split("|")[0]) for table, line in before.items()} == TABLES
    make_database(data, SOURCE)
    path = f"{FOLDER}/all/{SOURCE}"
    looked = call(server, "pgdump_restore", path=path, database=SOURCE, confirm=SOURCE, check=True).result("Act")
    assert psql(data, SOURCE, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "0"
    restored = call(server, "pgdump_restore", path=path, database=SOURCE, confirm=SOURCE).result("Act")
    assert looked["diff"] == restored["diff"]
    assert (restored["result"]["kind"], restored["result"]["rows"]) == ("directory", 3100)
    assert checksums(data, SOURCE) == before
    assert not backup(server, "all")["changed"]


def test_a_restore_wants_the_name_and_an_empty_database(data: Machine, server: Service, dumped: str) -> None:
    before = checksums(data, SOURCE)
    said = failure(server, "pgdump_restore", path=dumped, database=SOURCE, confirm="yes")
    assert f"confirm is 'yes', allowed is: {SOURCE}" in said
    said = failure(server, "pgdump_restore", path=dumped, database=SOURCE, confirm=SOURCE)
    assert f"the database {SOURCE} is not empty" in said
    assert checksums(data, SOURCE) == before


def test_one_table_comes_back_and_the_others_stay(data: Machine, server: Service, dumped: str) -> None:
    before = checksums(data, SOURCE)
    psql(data, SOURCE, "DELETE FROM sales.orders WHERE id > 10; UPDATE customers SET name = 'new' WHERE id = 1;")
    changed = checksums(data, SOURCE)
    options = {"path": dumped, "database": SOURCE, "confirm": SOURCE, "tables": ["sales.orders"], "clean": True}
    done = call(server, "pgdump_restore", **options).result("Act")["result"]
    assert "public.customers" in done["left"]
    after = checksums(data, SOURCE)
    assert after["sales.orders"] == before["sales.orders"]
    assert after["public.customers"] == changed["public.customers"] != before["public.customers"]
    assert psql(data, SOURCE, "SELECT count(*) FROM pg_indexes WHERE tablename = 'orders'") == "2"
    assert psql(data, SOURCE, "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal") == "touched"
    psql(data, SOURCE, "UPDATE customers SET name = 'customer 1' WHERE id = 1")


def test_one_table_comes_out_into_an_empty_database(data: Machine, server: Service, dumped: str) -> None:
    one = make_database(data, "dump_one")
    done = call(server, "pgdump_restore", path=dumped, database=one, confirm=one, tables=["public.logs"])
    assert done.result("Act")["result"]["tables"] == 2
    assert psql(data, one, "SELECT count(*) FROM logs") == "100"


def test_a_custom_dump_is_known_whatever_it_is_called(data: Machine, server: Service) -> None:
    path = f"{FOLDER}/renamed.sql.gz"
    data.run(f"runuser -u postgres -- {PROGRAMS}/pg_dump -Fc {SOURCE} | gzip >{path}")
    said = call(server, "pgdump_info", path=path).result("Act")
    assert (said["kind"], said["packing"], said["databases"]) == ("custom", "gzip", [SOURCE])
    assert (said["tables"], said["restorable"], said["dump_version"][:3]) == (4, True, "17.")
    name = make_database(data, "dump_renamed")
    call(server, "pgdump_restore", path=path, database=name, confirm=name, with_owner=False)
    assert checksums(data, name) == checksums(data, SOURCE)


@pytest.mark.parametrize(
    ("options", "suffix", "pack"),
    [
        pytest.param("-Fp", ".sql", "cat", id="plain"),
        pytest.param("-Fp", ".dump", "gzip", id="gzip"),
        pytest.param("-Fp", "", "xz", id="xz"),
        pytest.param("-Fp --inserts --rows-per-insert=10", ".bak", "zstd", id="inserts in zstd"),
        pytest.param("-Ft", ".sql", "cat", id="tar"),
    ],
)
def test_sql_comes_back_however_it_is_packed(data: Machine, server: Service, options, suffix, pack) -> None:
    install = "DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends zstd xz-utils"
    data.run(f"dpkg -s zstd xz-utils >/dev/null 2>&1 || {install}")
    path, name = f"{FOLDER}/foreign{suffix}", make_database(data, "dump_foreign")
    data.run(f"runuser -u postgres -- {PROGRAMS}/pg_dump {options} {SOURCE} | {pack} >{path}")
    said = call(server, "pgdump_info", path=path).result("Act")
    assert (said["tables"], said["dangerous"], said["restorable"]) == (4, [], True)
    call(server, "pgdump_restore", path=path, database=name, confirm=name)
    assert checksums(data, name) == checksums(data, SOURCE)
    data.run(f"rm {path}")


def test_a_dump_that_drops_its_database_is_refused(data: Machine, server: Service) -> None:
    path, name = f"{FOLDER}/create.sql", make_database(data, "dump_refused")
    data.run(f"runuser -u postgres -- {PROGRAMS}/pg_dump --create --clean {SOURCE} >{path}")
    said = call(server, "pgdump_info", path=path).result("Act")
    assert said["databases"] == [SOURCE]
    assert said["dangerous"][0].endswith(f"DROP DATABASE {SOURCE.upper()}")
    assert any(line.endswith(f"\\connect {SOURCE}") for line in said["dangerous"])
    before = checksums(data, SOURCE)
    refused = failure(server, "pgdump_restore", path=path, database=name, confirm=name)
    assert f"{path} reaches beyond one database" in refused
    assert checksums(data, SOURCE) == before


def test_what_is_damaged_or_cut_off_is_refused_before_anything_goes(
    data: Machine, server: Service, dumped: str
) -> None:
    before = checksums(data, SOURCE)
    options = {"database": SOURCE, "confirm": SOURCE}
    data.run(f"cp -r {FOLDER}/shared {FOLDER}/twice && cd {FOLDER}/twice && sha256sum --check --quiet SHA256SUMS")
    data.run(f"cd {FOLDER}/twice/{SOURCE} && truncate -s -10 $(ls *.dat.zst | head -1)")
    said = failure(server, "pgdump_restore", path=f"{FOLDER}/twice/{SOURCE}", clean=True, **options)
    assert "is damaged: " in said
    data.run(f"runuser -u postgres -- {PROGRAMS}/pg_dump -Fc {SOURCE} | head -c -500 >{FOLDER}/cut.dump")
    assert "pg_restore" in failure(server, "pgdump_restore", path=f"{FOLDER}/cut.dump", clean=True, **options)
    data.run(f"runuser -u postgres -- {PROGRAMS}/pg_dump {SOURCE} | head -c 20000 >{FOLDER}/cut.sql")
    name = make_database(data, "dump_cut")
    said = failure(server, "pgdump_restore", path=f"{FOLDER}/cut.sql", database=name, confirm=name)
    assert "is cut off within the rows of COPY" in said
    assert checksums(data, SOURCE) == before
    assert psql(data, name, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "0"


def test_a_failing_restore_of_what_is_there_leaves_everything(data: Machine, server: Service, dumped: str) -> None:
    psql(data, SOURCE, "CREATE VIEW busy AS SELECT id FROM sales.orders; DELETE FROM sales.orders WHERE id = 1;")
    before = checksums(data, SOURCE)
    options = {"path": dumped, "database": SOURCE, "confirm": SOURCE, "clean": True}
    said = failure(server, "pgdump_restore", **options)
    assert "busy depends on table sales.orders" in said
    assert checksums(data, SOURCE) == before
    psql(data, SOURCE, "DROP VIEW busy")
    call(server, "pgdump_restore", **options)
    assert checksums(data, SOURCE)["sales.orders"].startswith("1000|")


def over_tcp(data: Machine, password: str) -> dict[str, Any]:
    data.run(f"umask 077; cat >{PASSFILE}", input=f"*:*:*:{CLIENT['role']}:{password}\n")
    return {
        "host": data.private_ipv4, "user": CLIENT["role"], "passfile": PASSFILE, "sslrootcert": CA_FILE,
        "maintenance": "ledger",
    }  # fmt: skip


def test_another_server_is_reached_with_tls_and_a_password(data: Machine, server: Service) -> None:
    there = over_tcp(data, PASSWORD)
    make = "DROP TABLE IF EXISTS entries; CREATE TABLE entries AS SELECT n AS id FROM generate_series(1, 500) n;"
    psql(data, "ledger", f"SET ROLE ledger_owner; {make}")
    result = backup(server, "tcp", server=there, databases=["ledger"])["result"]
    assert [(row["tables"], row["rows"]) for row in result["details"]["databases"]] == [(1, 500)]
    psql(data, "ledger", "DROP TABLE entries")
    done = call(
        server, "pgdump_restore", path=f"{FOLDER}/tcp/ledger", database="ledger", confirm="ledger", server=there
    )
    assert psql(data, "ledger", "SELECT count(*), sum(id) FROM entries") == "500|125250"
    assert PASSWORD not in done.output
    psql(data, "ledger", "DROP TABLE entries")


def test_a_wrong_password_is_an_error_and_leaves_nothing(data: Machine, server: Service) -> None:
    path = f"{FOLDER}/wrong"
    said = failure(server, "pgdump_backup", path=path, server=over_tcp(data, "not-the-password"), databases=["ledger"])
    assert "password authentication failed" in said
    assert "wrong" not in data.run(f"ls -A {FOLDER}").stdout
    data.run(f"chmod 0644 {PASSFILE}")
    there = {"host": data.private_ipv4, "passfile": PASSFILE, "sslrootcert": CA_FILE}
    assert "mode 0600" in failure(server, "pgdump_backup", path=path, server=there)


def test_a_killed_dump_is_an_error_and_leaves_nothing(data: Machine, server: Service) -> None:
    hold = f'echo "BEGIN; LOCK TABLE customers; SELECT pg_sleep(90);" | runuser -u postgres -- psql -d {SOURCE}'
    data.run(["systemd-run", "--unit=test-holder", "--collect", "sh", "-c", hold])
    kill = "until pid=$(pgrep -o -x pg_dump); do sleep 0.2; done; sleep 1; kill -KILL $pid"
    data.run(["systemd-run", "--unit=test-killer", "--collect", "sh", "-c", kill])
    try:
        poll(
            lambda: psql(data, SOURCE, "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock'") != "0",
            seconds=20, what="the lock",
        )  # fmt: skip
        said = failure(server, "pgdump_backup", path=f"{FOLDER}/killed", databases=[SOURCE])
    finally:
        data.run("systemctl stop test-holder test-killer", check=False)
    assert "ended with -9" in said
    assert "killed" not in data.run(f"ls -A {FOLDER}").stdout


def test_definitions_alone_are_sql(data: Machine, server: Service) -> None:
    result = backup(server, "schema", databases=[SOURCE], content="schema")["result"]
    assert result["kind"] == "schema"
    name = make_database(data, "dump_schema")
    options = {"path": f"{FOLDER}/schema/{SOURCE}.sql", "database": name, "confirm": name}
    assert call(server, "pgdump_restore", **options).result("Act")["result"]["tables"] == 4
    assert psql(data, name, "SELECT count(*) FROM customers") == "0"
