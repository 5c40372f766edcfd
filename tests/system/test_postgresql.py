# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL on a real host: who gets in and who does not, what is restarted, what is put back, what survives."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.data_services import (
    CA_FILE,
    Service,
    call_client,
    make_model,
    prepare,
    run_python,
)
from ansible_collections.steward.platform.tests.support.machines import Machine, poll
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner

UNIT = "postgresql@17-main"
SETTINGS = "/etc/postgresql/17/main/conf.d/50-steward.conf"
HBA = "/etc/postgresql/17/main/pg_hba.conf"
SCRATCH = {"name": "steward_scratch_shop", "owner_of": "shop"}
PASSWORDS = {name: f"{name}-pass-0123456789abcdef" for name in ("shop_api", "shop_worker", "books_api")}
DATABASES = [
    {
        "name": "shop",
        "extensions": ["pg_trgm"],
        "clients": [
            {"role": "shop_api", "path": "database/shop-api", "access": "owner"},
            {"role": "shop_worker", "path": "database/shop-worker", "access": "writer"},
        ],
    },
    {
        "name": "books",
        "extensions": [],
        "clients": [{"role": "books_api", "path": "database/books-api", "access": "owner"}],
    },
    {"name": "archive", "extensions": [], "clients": []},
]
SERVICES = [
    {"name": "shop-api", "kind": "web", "replicas": 2},
    {"name": "shop-worker", "kind": "worker", "replicas": 1},
]

# As a service does: over TCP with TLS, each statement by itself; the rows of the last one or the error.
CLIENT = """
import psycopg2
answer = {"rows": [], "error": ""}
try:
    connection = psycopg2.connect(**given["to"], connect_timeout=5)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in given["statements"]:
            cursor.execute(statement)
            answer["rows"] = cursor.fetchall() if cursor.description else []
except psycopg2.Error as error:
    answer["error"] = str(error)
"""


def credentials(**changed: str) -> dict[str, dict[str, str]]:
    passwords = {**PASSWORDS, **changed}
    return {
        f"database/{name.replace('_', '-')}": {"username": name, "password": password}
        for name, password in passwords.items()
    }


@pytest.fixture(scope="module")
def data(host: Callable[..., Machine]) -> Machine:
    return prepare(host("data"))


@pytest.fixture(scope="module")
def postgresql(data: Machine, inventory: Callable[..., Path], ansible_playbook: PlaybookRunner) -> Service:
    model = make_model(data, databases=DATABASES, services=SERVICES)
    variables = {"platform": model, "postgresql_credentials": credentials()}
    service = Service("postgresql", ansible_playbook, inventory({"database": [data], "secrets": [data]}), variables)
    service.play(["pki"])
    return service


@pytest.fixture
def restored(postgresql: Service) -> Any:
    """For tests that leave another state: bring the usual one back."""
    yield
    postgresql.play()


def connect(data: Machine, user: str, database: str, *statements: str, **changed: Any) -> dict[str, Any]:
    to = {"host": data.private_ipv4, "user": user, "dbname": database, "password": PASSWORDS.get(user, "none")}
    to |= {"sslmode": "verify-full", "sslrootcert": CA_FILE, **changed}
    answer = run_python(data, CLIENT, to=to, statements=statements or ("SELECT current_user",))
    assert isinstance(answer, dict)
    return answer


def ask(data: Machine, statement: str, database: str = "postgres") -> str:
    """As the superuser over the local socket, with another program than ours."""
    return data.run(
        ["runuser", "-u", "postgres", "--", "psql", "-XAtq", "-d", database, "-c", statement]
    ).stdout.strip()


def started(data: Machine) -> str:
    return ask(data, "SELECT pg_postmaster_start_time()")


def test_a_second_run_changes_nothing_in_few_tasks(postgresql: Service) -> None:
    result = postgresql.play(diff=True)
    assert result.changed == ()
    assert 1 <= len(postgresql.of_role(result)) <= 8
    assert postgresql.play(check=True, diff=True).changed == ()


def test_it_listens_on_loopback_and_the_private_address_only(data: Machine, postgresql: Service) -> None:
    lines = data.run("ss -Hltn 'sport = :5432'").stdout.splitlines()
    assert {line.split()[3] for line in lines} == {"127.0.0.1:5432", f"{data.private_ipv4}:5432"}


def test_what_a_service_makes_is_the_owners_and_open_to_the_writer(data: Machine, postgresql: Service) -> None:
    made = connect(
        data, "shop_api", "shop", "DROP TABLE IF EXISTS orders", "CREATE TABLE orders (id serial, what text)",
        "SELECT tableowner FROM pg_tables WHERE tablename = 'orders'",
    )  # fmt: skip
    assert made == {"rows": [["shop_owner"]], "error": ""}
    insert = "INSERT INTO orders (what) VALUES ('tea') RETURNING what"
    assert connect(data, "shop_worker", "shop", insert) == {"rows": [["tea"]], "error": ""}
    for statement in ("DROP TABLE orders", "CREATE TABLE more (id int)", "TRUNCATE orders"):
        refused = connect(data, "shop_worker", "shop", statement)["error"]
        assert "must be owner" in refused or "permission denied" in refused
    assert postgresql.play(diff=True).changed == ()


@pytest.mark.parametrize(
    ("user", "database", "changed", "message"),
    [
        pytest.param("shop_api", "shop", {"password": "wrong"}, "password authentication failed", id="wrong password"),
        pytest.param("shop_api", "shop", {"sslmode": "disable"}, "no encryption", id="plain text"),
        pytest.param("shop_api", "books", {}, "no pg_hba.conf entry", id="another service's database"),
        pytest.param("shop_api", "archive", {}, "no pg_hba.conf entry", id="a database without clients"),
        pytest.param("shop_api", "postgres", {}, "no pg_hba.conf entry", id="the maintenance database"),
        pytest.param("postgres", "shop", {}, "no pg_hba.conf entry", id="the superuser from elsewhere"),
        pytest.param("shop_api", "shop", {"host": "127.0.0.1"}, "no pg_hba.conf entry", id="from loopback"),
        pytest.param("shop_api", "shop", {"host": "/var/run/postgresql"}, "no pg_hba.conf entry", id="from the socket"),
    ],
)
def test_who_does_not_get_in(data: Machine, postgresql: Service, user, database, changed, message) -> None:
    assert message in connect(data, user, database, **changed)["error"]


def test_privileges_refuse_what_pg_hba_would_allow(data: Machine, postgresql: Service, restored: None) -> None:
    line = f"hostssl all all {data.private_ipv4}/32 scram-sha-256"
    postgresql.play(variables={"postgresql_hba_extra": [line]})
    assert "permission denied for database" in connect(data, "shop_api", "books")["error"]


def test_scratch_databases_come_and_go(data: Machine, postgresql: Service) -> None:
    def scratch(state: str, **given: Any) -> Any:
        rows = [{**SCRATCH, "state": state}]
        include = {"name": "steward.platform.postgresql", "tasks_from": "catalogue"}
        task = {"ansible.builtin.include_role": include, "vars": {"postgresql_scratch_databases": rows}}
        return postgresql.tasks(tasks=[task], **given)

    assert scratch("present").changed
    assert scratch("present").changed == ()
    assert connect(data, "shop_api", SCRATCH["name"], "CREATE TABLE t (id int)", "SELECT current_user") == {
        "rows": [["shop_owner"]], "error": "",
    }  # fmt: skip
    assert connect(data, "shop_worker", SCRATCH["name"], "INSERT INTO t VALUES (1)")["error"] == ""
    assert "permission denied for database" in connect(data, "books_api", SCRATCH["name"])["error"]
    assert scratch("absent", check=True).changed
    assert scratch("absent").changed
    assert scratch("absent").changed == ()
    assert ask(data, "SELECT count(*) FROM pg_database WHERE datname LIKE 'steward_scratch%'") == "0"


def test_nothing_but_scratch_databases_is_removed(postgresql: Service) -> None:
    variables = {"postgresql_scratch_databases": [{"name": "shop", "state": "absent"}]}
    failed = postgresql.play(variables=variables, expect=2).failed
    assert "scratch_databases[0].name is 'shop'" in str(failed[0].result["msg"])


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        pytest.param({"postgresql_settings": {"work_mem": "lots"}}, "work_mem", id="the checker refuses it"),
        pytest.param({"postgresql_settings": {"no_such_setting": 1}}, "no_such_setting", id="an unknown setting"),
        pytest.param({"postgresql_settings": {"shared_buffers": "900TB"}}, "", id="the server does not start with it"),
        pytest.param({"postgresql_hba_extra": ["host all all 10.0.0.0/99 trust"]}, "/99", id="a bad pg_hba.conf"),
    ],
)
def test_what_the_server_refuses_is_put_back(data: Machine, postgresql: Service, variables, message) -> None:
    before = data.run(["cat", SETTINGS, HBA]).stdout
    failed = postgresql.play(variables=variables, expect=2).failed
    assert message in str(failed[0].result["msg"])
    assert data.run(["cat", SETTINGS, HBA]).stdout == before
    assert connect(data, "shop_api", "shop")["error"] == ""


def test_a_setting_is_reloaded_or_restarted_as_it_needs(data: Machine, postgresql: Service, restored: None) -> None:
    before = started(data)
    postgresql.play(variables={"postgresql_settings": {"work_mem": "5MB"}})
    assert (ask(data, "SHOW work_mem"), started(data)) == ("5MB", before)
    postgresql.play(variables={"postgresql_settings": {"max_locks_per_transaction": 128}})
    assert ask(data, "SHOW max_locks_per_transaction") == "128"
    assert ask(data, "SHOW work_mem") == "4MB"
    assert started(data) != before


def test_a_setting_taken_over_by_alter_system_is_an_error(data: Machine, postgresql: Service) -> None:
    ask(data, "ALTER SYSTEM SET log_lock_waits = off")
    try:
        failed = postgresql.play(expect=2).failed
    finally:
        ask(data, "ALTER SYSTEM RESET log_lock_waits")
    assert "does not use our settings of log_lock_waits" in str(failed[0].result["msg"])
    postgresql.play()


def test_the_budget_is_enforced(data: Machine, postgresql: Service) -> None:
    # Two replicas in two slots and one process more, ten connections each.
    assert ask(data, "SELECT rolconnlimit FROM pg_roles WHERE rolname = 'shop_api'") == "50"
    # 50 + 30 + 20 for the clients and 25 reserved, in whole steps.
    assert ask(data, "SHOW max_connections") == "150"


def test_a_new_password_replaces_the_old_and_is_in_no_log(data: Machine, postgresql: Service, restored: None) -> None:
    ask(data, "ALTER DATABASE postgres SET log_statement = 'all'")
    changed = {"postgresql_credentials": credentials(shop_api="another-pass-0123456789abcdef")}
    try:
        predicted = postgresql.play(variables=changed, check=True, diff=True, options=["-vvv"])
        result = postgresql.play(variables=changed, diff=True, options=["-vvv"])
    finally:
        ask(data, "ALTER DATABASE postgres RESET log_statement")
    assert [task.result["diff"] for task in predicted.changed] == [task.result["diff"] for task in result.changed]
    assert "password authentication failed" in connect(data, "shop_api", "shop")["error"]
    assert connect(data, "shop_api", "shop", password="another-pass-0123456789abcdef")["error"] == ""
    log = data.run("cat /var/log/postgresql/postgresql-17-main.log; journalctl -o cat").stdout
    for secret in (*PASSWORDS.values(), "another-pass-0123456789abcdef", "SCRAM-SHA-256$"):
        assert secret not in result.output + predicted.output
        assert secret not in log


def test_what_nobody_asked_for_is_reported_and_stays(data: Machine, postgresql: Service) -> None:
    ask(data, "CREATE ROLE old LOGIN")
    ask(data, "CREATE DATABASE old OWNER old")
    result = postgresql.play()
    assert result.changed == ()
    found = result.result("Catalogue | Create databases, roles and privileges")["unmanaged"]
    assert (found["databases"], found["roles"]) == (["old"], ["old"])
    ask(data, "DROP DATABASE old")
    ask(data, "DROP ROLE old")


def test_drifted_privileges_are_put_right(data: Machine, postgresql: Service) -> None:
    connect(data, "shop_api", "shop", "CREATE TABLE IF NOT EXISTS drift (id int)")
    ask(data, "REVOKE ALL ON drift FROM shop_writer; GRANT CREATE ON SCHEMA public TO PUBLIC", "shop")
    ask(data, "GRANT shop_owner TO shop_worker; ALTER ROLE shop_worker CREATEDB; GRANT ALL ON DATABASE shop TO PUBLIC")
    assert len(postgresql.play(diff=True).changed) == 1
    assert "permission denied" in connect(data, "shop_worker", "shop", "DROP TABLE drift")["error"].replace(
        "must be owner", "permission denied"
    )
    assert connect(data, "shop_worker", "shop", "INSERT INTO drift VALUES (1)")["error"] == ""
    assert postgresql.play().changed == ()


def test_a_renewed_certificate_is_shown(data: Machine, postgresql: Service) -> None:
    def serial() -> str:
        line = f"openssl s_client -starttls postgres -connect {data.private_ipv4}:5432 </dev/null 2>/dev/null"
        return data.run(f"{line} | openssl x509 -noout -serial").stdout

    before, process = serial(), started(data)
    data.run("rm /etc/ssl/steward/host.pem")
    postgresql.play(["pki"])
    assert serial() != before
    assert started(data) == process
    assert postgresql.play().changed == ()


def test_a_server_without_its_private_address_is_found(data: Machine, postgresql: Service) -> None:
    """The drop-in that waits is taken away, so that the server starts too early and calls that success."""
    address = f"{data.private_ipv4}/24"
    data.run(f"rm /etc/systemd/system/{UNIT}.service.d/50-steward.conf && systemctl daemon-reload")
    device = data.run(f"ip -o address show to {data.private_ipv4} | cut -d' ' -f2").stdout.strip()
    data.run(f"ip address del {address} dev {device}")
    data.run(f"systemctl restart {UNIT} && ip address add {address} dev {device}")
    assert data.run("ss -Hltn 'sport = :5432'").stdout.count("LISTEN") == 1
    postgresql.play()
    assert connect(data, "shop_api", "shop")["error"] == ""


def test_the_unit_waits_for_the_private_address(data: Machine, postgresql: Service) -> None:
    address = f"{data.private_ipv4}/24"
    device = data.run(f"ip -o address show to {data.private_ipv4} | cut -d' ' -f2").stdout.strip()
    data.run(f"ip address del {address} dev {device} && systemctl restart --no-block {UNIT}")
    poll(lambda: "activating" in data.run(f"systemctl is-active {UNIT}", check=False).stdout, seconds=20)
    data.run(f"ip address add {address} dev {device}")
    poll(lambda: not connect(data, "shop_api", "shop")["error"], seconds=30, what="the server")


def test_status_is_read_without_ansible(data: Machine, postgresql: Service) -> None:
    status = call_client(data, "postgresql", "status()")
    assert status["version"].startswith("17.")
    assert status["in_recovery"] is False
    assert status["connections"]["maximum"] == 150
    assert 1 <= status["connections"]["used"] < 10
    assert {"shop", "books", "archive"} <= set(status["databases"])
    assert all(size > 1_000_000 for size in status["databases"].values())


def test_it_serves_again_after_a_reboot(data: Machine, postgresql: Service) -> None:
    connect(data, "shop_api", "shop", "CREATE TABLE IF NOT EXISTS kept (id int)", "INSERT INTO kept VALUES (1)")
    subprocess.run(["docker", "restart", data.container], check=True, capture_output=True)

    def counted() -> bool:
        try:
            return bool(connect(data, "shop_worker", "shop", "SELECT count(*) FROM kept")["rows"])
        except AssertionError:
            return False

    poll(counted, seconds=180, every=1, what="the server after a reboot")
    assert postgresql.play().changed == ()
