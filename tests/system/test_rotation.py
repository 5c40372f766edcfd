# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated secrets replaced on real engines: what opens them at each step, and that the roles agree with it.

The tests of this file run in order on one host. Moving containers is tests/drills' part.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.platform_model.plan import normalise
from ansible_collections.steward.platform.tests.support.data_services import CA_FILE, Service, prepare, run_python
from ansible_collections.steward.platform.tests.support.machines import Machine
from ansible_collections.steward.platform.tests.support.openbao import cli
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner, PlayResult

pytestmark = pytest.mark.long

SECRETS = "/run/shop/secrets"
LOGIN = "bao write -field=token auth/approle/login - < /etc/steward/openbao-admin.json"
DATABASE, CACHE, KEY = "database/shop-api", "redis/shop-api", "shop-api/key"
STEPS = ("prepared", "promoted", "retired", "finished")
# What the playbook runs after each step in OpenBao.
FOLLOWS: dict[str, list[tuple[str, str]]] = {
    "prepared": [("postgresql", "main"), ("redis", "main")],
    "promoted": [("openbao", "agent")],
    "retired": [("postgresql", "catalogue"), ("redis", "main")],
    "finished": [],
}
VARIABLES = {
    "platform_name": "shop",
    "platform_environment": "demo",
    "platform_domains": ["shop.test"],
    "platform_databases": [{"name": "shop"}],
    "platform_redis": [{"name": "cache", "port": 6379}],
    "platform_secrets": [
        {"path": KEY},
        {"path": "external/pay", "kind": "external", "variable": "pay_key"},
    ],
    "platform_services": [
        {
            "name": "shop-api", "image": "shop@sha256:" + "0" * 64, "port": 80, "entry_port": 8000,
            "databases": [{"name": "shop"}],
            "redis": [{"use": "cache", "instance": "cache", "secret": "CACHE_URL"}],
            "secrets": [{"name": "KEY", "path": KEY}, {"name": "PAY", "path": "external/pay"}],
            "migration": {"current": ["c"], "heads": ["h"], "upgrade": ["u"]},
        },
        {
            "name": "shop-job", "kind": "worker", "image": "shop@sha256:" + "0" * 64, "health": {"command": ["probe"]},
            "databases": [{"name": "shop"}],
            "secrets": [{"name": "KEY", "path": KEY}],
        },
    ],
}  # fmt: skip

# With a URL as the service has it: the rows of the last statement, or the error.
SQL = """
import psycopg2
answer = {"rows": [], "error": ""}
try:
    connection = psycopg2.connect(given["url"].replace("/run/platform/ca.pem", given["ca"]), connect_timeout=5)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in given["statements"]:
            cursor.execute(statement)
            answer["rows"] = cursor.fetchall() if cursor.description else []
except psycopg2.Error as error:
    answer["error"] = str(error)
"""
PING = """
import redis
try:
    answer = str(redis.Redis.from_url(given["url"].replace("/run/platform/ca.pem", given["ca"])).ping())
except redis.RedisError as error:
    answer = str(error)
"""
# Sessions that were open before anything began, asked again when a file appears.
SESSIONS = """
import os, sys, time
import psycopg2, redis
database, cache, marks = sys.argv[1:]
connection = psycopg2.connect(open(database).read().replace("/run/platform/ca.pem", "{ca}"))
connection.autocommit = True
client = redis.Redis.from_url(
    open(cache).read().replace("/run/platform/ca.pem", "{ca}"), max_connections=1, retry=None
)
held = client.connection_pool.get_connection()
print("open", flush=True)
for line in sys.stdin:
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user")
        who = cursor.fetchone()[0]
    held.send_command("PING")
    print(who, held.read_response().decode(), flush=True)
"""


class Rotation:
    """The platform's data side on one host, and the steps of a rotation as the playbook takes them."""

    def __init__(self, machine: Machine, service: Service) -> None:
        self.machine, self.service = machine, service

    @property
    def model(self) -> dict[str, Any]:
        return dict(self.service.variables["platform"])

    def converge(self, **given: Any) -> PlayResult:
        """What site.yml does of all this."""
        return self.service.tasks(
            roles=[f"steward.platform.{name}" for name in ("openbao", "postgresql", "redis")],
            tasks=[_include("openbao", "agent")],
            **given,
        )

    def step(self, step: str, paths: tuple[str, ...] = (DATABASE, CACHE, KEY), **given: Any) -> PlayResult:
        """One step in OpenBao, and what follows from it on this host."""
        rows = [row for row in self.model["secrets"] if row["path"] in paths]
        rotate = _include("openbao", "rotate", openbao_rotation_secrets=rows, openbao_rotation_state=step)
        return self.service.tasks(tasks=[rotate, *(_include(*entry) for entry in FOLLOWS[step])], **given)

    def refused(self, *paths: str, **given: Any) -> PlayResult:
        task = {
            "name": "Try",
            "steward.platform.credential_refusal_info": {
                "address": f"https://{self.machine.private_ipv4}:8200",
                "platform": self.model,
                "paths": list(paths),
            },
        }
        return self.service.tasks(tasks=[task], **given)

    def file(self, service: str, name: str) -> str:
        return self.machine.run(["cat", f"{SECRETS}/{service}/{name}"]).stdout

    def sql(self, url: str, *statements: str) -> dict[str, Any]:
        answer = run_python(self.machine, SQL, url=url, ca=CA_FILE, statements=statements or ("SELECT session_user",))
        assert isinstance(answer, dict)
        return answer

    def ping(self, url: str) -> str:
        return str(run_python(self.machine, PING, url=url, ca=CA_FILE))

    def urls(self, service: str = "shop-api") -> tuple[str, str]:
        return self.file(service, "DATABASE_URL"), self.file(service, "CACHE_URL")

    def user(self, service: str = "shop-api") -> str:
        return self.file(service, "DATABASE_URL").split("//")[1].split(":")[0]

    def stored(self, path: str) -> dict[str, Any]:
        """As the collection's own login reads it, by OpenBao's program."""
        return dict(self.read(f"shop/data/{path}")["data"])

    def read(self, path: str) -> dict[str, Any]:
        said = cli(self.machine, f"export BAO_TOKEN=$({LOGIN}); bao read -format=json {path}").stdout
        return dict(json.loads(said)["data"])


def _include(role: str, entry: str = "main", **variables: Any) -> dict[str, Any]:
    include = {"name": f"steward.platform.{role}", "tasks_from": entry}
    return {"name": f"Run {role} {entry}", "ansible.builtin.include_role": include, "vars": variables}


@pytest.fixture(scope="module")
def rotation(
    host: Callable[..., Machine], inventory: Callable[..., Path], ansible_playbook: PlaybookRunner
) -> Rotation:
    machine = prepare(host("rotation"))
    groups = ["app", "cache", "database", "proxy", "secrets"]
    written = {**VARIABLES, "platform_private_address": machine.private_ipv4}
    normalised = normalise(written, {machine.name: {"private_address": machine.private_ipv4, "groups": groups}})
    assert normalised.errors == ()
    variables = {"platform": normalised.model, "pay_key": "pay-key-0123456789abcdef"}
    service = Service("openbao", ansible_playbook, inventory({group: [machine] for group in groups}), variables)
    service.tasks(roles=["steward.platform.pki"])
    made = Rotation(machine, service)
    made.converge()
    return made


@pytest.fixture
def sessions(rotation: Rotation) -> Iterator[Callable[[], str]]:
    """Sessions opened with the credentials of the beginning; calling asks them again."""
    program = "/tmp/sessions.py"
    rotation.machine.run(f"cat > {program}", input=SESSIONS.replace("{ca}", CA_FILE))
    line = f"sudo -n python3 {program} {SECRETS}/shop-api/DATABASE_URL {SECRETS}/shop-api/CACHE_URL -"
    argv = ["ssh", *rotation.machine.ssh_options, f"{rotation.machine.user}@{rotation.machine.public_ipv4}", line]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        stdin, stdout = process.stdin, process.stdout
        assert stdout.readline() == "open\n"

        def ask() -> str:
            stdin.write("again\n")
            stdin.flush()
            return stdout.readline().strip()

        yield ask


def test_at_first_one_of_the_pair_may_log_in(rotation: Rotation) -> None:
    assert rotation.converge(diff=True).changed == ()
    assert rotation.user() == "shop_api"
    assert rotation.sql(rotation.urls()[0])["rows"] == [["shop_api"]]
    roles = "SELECT rolname || rolcanlogin::text || (rolpassword IS NULL)::text FROM pg_authid"
    said = rotation.machine.run(
        ["runuser", "-u", "postgres", "--", "psql", "-XAtqc", f"{roles} WHERE rolname LIKE 'shop_api%' ORDER BY 1"]
    ).stdout.split()
    assert said == ["shop_api_bfalsetrue", "shop_apitruefalse"]


def test_alternation_twice_in_a_row(rotation: Rotation, sessions: Callable[[], str]) -> None:
    rotation.sql(rotation.urls()[0], "CREATE TABLE IF NOT EXISTS kept (id int)")
    for other in ("shop_api_b", "shop_api"):
        old, key = rotation.urls(), rotation.file("shop-job", "KEY")

        rotation.step("prepared")
        assert rotation.urls() == old, "nothing is rendered before everything accepts it"
        assert rotation.sql(old[0])["error"] == ""

        rotation.step("promoted")
        new = rotation.urls()
        assert rotation.user() == other
        assert rotation.file("shop-job", "KEY") not in ("", key)
        for database, cache in (old, new):
            assert rotation.sql(database)["error"] == ""
            assert rotation.ping(cache) == "True"
        made = rotation.sql(
            new[0],
            "INSERT INTO kept VALUES (1)",
            "DROP TABLE IF EXISTS made",
            "CREATE TABLE made (id int)",
            "SELECT DISTINCT tableowner FROM pg_tables WHERE tablename IN ('kept', 'made')",
        )
        assert made == {"rows": [["shop_owner"]], "error": ""}

        rotation.step("retired")
        assert "password authentication failed" in rotation.sql(old[0])["error"]
        assert "invalid username-password pair" in rotation.ping(old[1])
        assert rotation.sql(new[0])["rows"] == [[other]]
        assert rotation.ping(new[1]) == "True"
        tried = rotation.refused(DATABASE, CACHE, KEY)
        address = rotation.machine.private_ipv4
        assert tried.result("Try")["refused"] == [f"{DATABASE} at {address}:5432/shop", f"{CACHE} at {address}:6379"]
        assert sessions() == "shop_api PONG", "sessions that were open stay open"

        rotation.step("finished")
        assert sorted(rotation.stored(DATABASE)) == ["password", "username"]
        assert sorted(rotation.stored(KEY)) == ["value"]
        assert rotation.converge(diff=True).changed == ()
    assert rotation.user("shop-job") == "shop_job", "a service that was not meant keeps its own"


def test_no_value_is_in_any_output_or_log(rotation: Rotation) -> None:
    values = {"old": [*rotation.urls(), rotation.file("shop-api", "KEY")]}
    said = "".join(rotation.step(step, diff=True, options=["-vvv"]).output for step in STEPS)
    values["new"] = [*rotation.urls(), rotation.file("shop-api", "KEY")]
    log = rotation.machine.run("cat /var/log/postgresql/*.log /var/log/openbao/audit.log; journalctl -o cat").stdout
    for text in [*values["old"], *values["new"]]:
        secret = text.split("@")[0].rpartition(":")[2]
        assert len(secret) >= 32
        assert secret not in said
        assert secret not in log


def test_earlier_versions_are_destroyed(rotation: Rotation) -> None:
    again = rotation.step("finished")
    assert [task.name for task in again.changed] == []
    versions = rotation.read(f"shop/metadata/{DATABASE}")["versions"]
    newest = max(versions, key=int)
    assert {number for number, version in versions.items() if not version["destroyed"]} == {newest}


@pytest.mark.parametrize("reached", STEPS[:-1])
def test_an_interrupted_rotation_is_finished_by_the_next(rotation: Rotation, reached: str) -> None:
    """Until the named step the first run came; roles in between change nothing, and the next run does all steps."""
    before = rotation.user()
    for step in STEPS[: STEPS.index(reached) + 1]:
        rotation.step(step)
    assert rotation.converge(diff=True).changed == (), "a deploy in between leaves it as it is"
    old = rotation.urls() if reached == "prepared" else None
    for step in STEPS:
        rotation.step(step)
    # The same step changes nothing where the first run was; so the pair alternated once, or began afresh.
    assert rotation.user() != before
    if old:
        assert "password authentication failed" in rotation.sql(old[0])["error"]
    assert rotation.sql(rotation.urls()[0])["error"] == ""
    assert rotation.converge(diff=True).changed == ()


def test_an_accepted_old_credential_is_an_error(rotation: Rotation) -> None:
    """Retired in OpenBao only, so the engines still know it."""
    for step in ("prepared", "promoted"):
        rotation.step(step, (DATABASE,))
    rows = [row for row in rotation.model["secrets"] if row["path"] == DATABASE]
    rotation.service.tasks(
        tasks=[_include("openbao", "rotate", openbao_rotation_secrets=rows, openbao_rotation_state="retired")]
    )
    failed = rotation.refused(DATABASE, expect=2).failed
    address = rotation.machine.private_ipv4
    assert f"the old credential {DATABASE} at {address}:5432/shop is accepted" in str(failed[0].result["msg"])
    rotation.converge()
    rotation.refused(DATABASE)
    rotation.step("finished", (DATABASE,))


def test_check_mode_predicts_and_changes_nothing(rotation: Rotation) -> None:
    before = rotation.stored(DATABASE)
    predicted = rotation.step("prepared", (DATABASE,), check=True, diff=True)
    assert rotation.stored(DATABASE) == before
    done = rotation.step("prepared", (DATABASE,), diff=True)
    name = "Rotate | Take the step"
    assert predicted.result(name)["diff"] == done.result(name)["diff"]
    assert predicted.result(name)["phases"] == done.result(name)["phases"] == {DATABASE: "prepared"}
    for step in STEPS[1:]:
        rotation.step(step, (DATABASE,))


def test_new_logins_replace_those_of_the_services(rotation: Rotation) -> None:
    path = "/etc/steward/approle/shop-api.secret-id"
    before = rotation.machine.run(["cat", path]).stdout
    renewed = rotation.service.tasks(tasks=[_include("openbao", "agent", openbao_renewed_logins=["shop-api"])])
    assert "Agent | Issue missing logins" in [task.name for task in renewed.changed]
    assert rotation.machine.run(["cat", path]).stdout != before
    pair = f"role_id=@{path.replace('secret', 'role')} secret_id=-"
    line = f"export BAO_ADDR=https://{rotation.machine.private_ipv4}:8200; bao write auth/approle/login {pair}"
    refused = cli(rotation.machine, line, input=before, check=False)
    assert "invalid" in refused.stderr
    assert rotation.converge().changed == ()
