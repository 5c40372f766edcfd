# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``steward db``, ``cache`` and ``doctor`` on a host with real servers, looked at with other programs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.data_services import CA_FILE, run_python
from ansible_collections.steward.platform.tests.support.machines import Machine, poll
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner

PASSWORD = "shop_api-pass-0123456789abcdef"
PORTS = {"cache": 6379, "queue": 6380}
ACTS = "/var/log/steward/acts.jsonl"
ROLES = [f"steward.platform.{name}" for name in ("host_agent", "pki", "redis", "postgresql")]

# As a service does, over TLS.
CLIENT = """
import redis
connection = redis.Redis(
    host="127.0.0.1", port=given["port"], db=given["db"], username="shop_api", password=given["password"], ssl=True,
    ssl_ca_certs=given["ca"], socket_timeout=10, decode_responses=True,
)
answer = [connection.execute_command(*command) for command in given["commands"]]
"""

# The names of the files below /proc in which the local administrator's password is.
SEARCH = """
import glob
secret = open("/etc/steward/redis.password", "rb").read().strip()
answer = []
for path in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
    try:
        answer += [path] if secret in open(path, "rb").read() else []
    except OSError:
        pass
"""


@pytest.fixture(scope="module")
def data(host: Callable[..., Machine], inventory: Callable[..., Path], ansible_playbook: PlaybookRunner) -> Machine:
    """A host with the program, two Redis instances that a service uses, and a database."""
    machine = host("agent")
    client = {"user": "shop_api", "path": "redis/shop-api"}
    instances = [
        {"name": "cache", "port": 6379, "eviction": "allkeys-lru", "persistent": False},
        {"name": "queue", "port": 6380, "eviction": "noeviction", "persistent": True},
    ]
    uses = [("cache", "cache", 0), ("broker", "queue", 1)]
    service = {
        "name": "shop-api", "kind": "web", "replicas": 2,
        "redis": [{"use": use, "instance": instance, "database": number} for use, instance, number in uses],
    }  # fmt: skip
    role = {"role": "shop_api", "path": "database/shop-api", "access": "owner"}
    platform = {
        "name": "shop", "environment": "test", "domains": ["shop.test"], "paths": {"current": "/opt/shop/current"},
        "groups": {"secrets": [machine.name], "app": [machine.name]},
        "hosts": {machine.name: {"private_address": machine.private_ipv4, "groups": ["cache", "database"]}},
        "redis": [{**instance, "memory": "64mb", "clients": [client]} for instance in instances],
        "databases": [{"name": "shop", "extensions": [], "clients": [role]}],
        "services": [service],
        # Any disk is fuller than this.
        "thresholds": {"disk_warning": 1, "disk_critical": 2},
    }  # fmt: skip
    known = {"username": "shop_api", "password": PASSWORD}
    variables = {
        "platform": platform,
        "redis_credentials": {"redis/shop-api": known},
        "postgresql_credentials": {"database/shop-api": known},
    }
    hosts = inventory({"all": [machine]}, {})
    ansible_playbook([{"hosts": "all", "gather_facts": False, "roles": ROLES}], inventory=hosts, variables=variables)
    return machine


def steward(machine: Machine, line: str, *, expect: int = 0, input: str | None = None) -> str:
    done = machine.run(f"steward {line}", check=False, input=input)
    assert (done.returncode, done.stderr) == (expect, ""), done
    return done.stdout


def document(machine: Machine, line: str, *, expect: int = 0) -> dict[str, Any]:
    """What a listing verb says to a program."""
    said: dict[str, Any] = json.loads(steward(machine, line, expect=expect))
    assert said["schema"] == 1
    assert (said["platform"], said["host"]) == ("shop", machine.name)
    return said


def refused(machine: Machine, line: str) -> str:
    """The line with which bad input is refused."""
    done = machine.run(f"steward {line}", check=False)
    assert done.returncode == 2, done
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def on_terminal(machine: Machine, line: str) -> list[str]:
    return machine.run(f"script -qec 'steward {line}' /dev/null").stdout.replace("\r", "").splitlines()


def acts(machine: Machine) -> list[dict[str, Any]]:
    lines = machine.run(["cat", ACTS]).stdout.splitlines()
    return [json.loads(line) for line in lines]


def redis(machine: Machine, instance: str, *commands: str, db: int = 0) -> list[Any]:
    words = [command.split(" ", 2) for command in commands]
    given = {"port": PORTS[instance], "db": db, "password": PASSWORD, "ca": CA_FILE, "commands": words}
    answer = run_python(machine, CLIENT, **given)
    assert isinstance(answer, list)
    return answer


def psql(machine: Machine, *statements: str) -> str:
    """As the superuser, with another program than ours."""
    given = [word for statement in statements for word in ("-c", statement)]
    return machine.run(["runuser", "-u", "postgres", "--", "psql", "-XAtq", "-d", "shop", *given]).stdout.strip()


@contextmanager
def sessions(machine: Machine, named: Mapping[str, str]) -> Iterator[None]:
    """Sessions that each run their statements and stay; the name is the application's."""
    try:
        for name, statements in named.items():
            words = [word for statement in statements.split(";") for word in ("-c", statement)]
            asked = ["runuser", "-u", "postgres", "--", "psql", "-X", f"dbname=shop application_name={name}", *words]
            machine.run(["systemd-run", "--collect", f"--unit=test-{name}", *asked])
            poll(lambda name=name: _runs(machine, name), seconds=20, what=f"the session {name}")
        yield
    finally:
        psql(machine, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'held%'")


def _runs(machine: Machine, name: str) -> bool:
    busy = f"application_name = '{name}' AND (wait_event_type = 'Lock' OR query LIKE '%pg_sleep%')"
    return psql(machine, f"SELECT count(*) FROM pg_stat_activity WHERE {busy}") == "1"


def test_cache_info_tells_memory_hits_and_keys_of_each_instance(data: Machine) -> None:
    redis(data, "cache", "SET known 1", "GET known", "GET known", "GET known", "GET unknown")
    redis(data, "queue", "SET job 1", db=1)
    cache, queue = document(data, "cache info --json")["instances"]
    assert (cache["name"], cache["eviction"]["policy"], cache["persistent"]) == ("cache", "allkeys-lru", False)
    assert cache["uses"] == [{"service": "shop-api", "use": "cache", "database": 0}]
    assert 0 < cache["lookups"]["hit_rate"] < 1
    assert 0 < cache["memory"]["used"] < cache["memory"]["maximum"] == 64 * 2**20
    assert queue["persistence"]["append_only_file"] is True
    assert queue["databases"]["1"]["keys"] >= 1
    lines = on_terminal(data, "cache info queue")
    assert [line.split()[0] for line in lines] == ["INSTANCE", "queue"]


def test_cache_latency_is_measured_and_names_what_was_slow(data: Machine) -> None:
    # Longer than what the instance remembers.
    busy = "local t = redis.call('TIME'); local s = t[1] * 1000 + t[2] / 1000; local n = s; "
    busy += "while n - s < 250 do t = redis.call('TIME'); n = t[1] * 1000 + t[2] / 1000 end"
    given = {"port": PORTS["cache"], "db": 0, "password": PASSWORD, "ca": CA_FILE, "commands": [["EVAL", busy, 0]]}
    run_python(data, CLIENT, **given)
    (cache,) = document(data, "cache latency cache --samples 50 --json")["instances"]
    times = cache["round_trips"]
    assert 0 < times["p50_ms"] <= times["p95_ms"] <= times["max_ms"] < 1000
    assert max(event["max_ms"] for event in cache["events"]) >= 200
    slow = next(entry for entry in cache["slow"] if entry["command"].startswith("EVAL"))
    assert slow["milliseconds"] >= 200
    assert "SAMPLES" in on_terminal(data, "cache latency --samples 5")[0]


def test_flush_is_refused_where_jobs_are_and_drops_a_cache(data: Machine) -> None:
    redis(data, "queue", "SET job 1", db=1)
    redis(data, "cache", "SET page 1")
    redis(data, "cache", "SET page 2", db=3)
    said = refused(data, "cache flush queue --yes")
    assert said == "steward: INSTANCE is 'queue', it holds broker of shop-api; allowed is: cache\n"
    shown = data.run("steward cache flush cache", check=False)
    assert (shown.returncode, shown.stderr) == (2, "steward: nothing was dropped. Give --yes to do it.\n")
    assert "1 in 3" in shown.stdout
    assert "used by shop-api. It cannot be undone." in shown.stdout
    assert redis(data, "cache", "GET page") == ["1"]
    assert steward(data, "cache flush cache --yes").splitlines()[-1] == "cache: dropped"
    assert (redis(data, "cache", "DBSIZE"), redis(data, "cache", "DBSIZE", db=3)) == ([0], [0])
    assert redis(data, "queue", "GET job", db=1) == ["1"]
    entry = acts(data)[-1]
    assert (entry["act"], entry["subject"], entry["result"]) == ("cache flush", "cache", "done")
    assert entry["who"]["user"] == data.user
    assert entry["keys"] >= 2


def test_a_cache_that_was_told_to_keep_its_keys_is_not_flushed(data: Machine) -> None:
    steward(data, "cache shell cache", input="CONFIG SET maxmemory-policy noeviction\n")
    try:
        assert "its eviction policy is noeviction" in refused(data, "cache flush cache --yes")
    finally:
        steward(data, "cache shell cache", input="CONFIG SET maxmemory-policy allkeys-lru\n")


def test_a_shell_speaks_as_the_administrator_and_nobody_sees_the_password(data: Machine) -> None:
    redis(data, "queue", "SET job 1", db=1)
    assert steward(data, "cache shell queue", input="ACL WHOAMI\nSELECT 1\nDBSIZE\n").split() == ["steward", "OK", "1"]
    # On a terminal, which tells its width and whose Enter is a carriage return. What comes before the prompt is lost.
    typed = "(sleep 10; printf 'PING\\r'; sleep 5)"
    shown = data.run(f"{typed} | script -qec 'stty cols 80; steward cache shell queue' /dev/null", timeout=90).stdout
    assert "queue> " in shown
    assert "PONG" in shown
    data.run("systemd-run --collect --unit=test-shell sh -c '(echo PING; sleep 60) | steward cache shell cache'")
    try:
        poll(lambda: data.run("pgrep -x redis-cli", check=False).stdout, seconds=20, what="redis-cli")
        assert run_python(data, SEARCH) == []
    finally:
        data.run("systemctl stop test-shell")
    doors = "find /run -maxdepth 2 -type s -path '/run/steward-*/cache'"
    poll(lambda: data.run(doors).stdout == "", seconds=20, what="the private door's end")
    # Also one that was ended from outside is recorded, as its last act: after its door went.
    last = {"act": "cache shell", "subject": "cache"}
    poll(lambda: last.items() <= acts(data)[-1].items(), seconds=20, what="the record of the shell that was ended")
    # The search finds a password where it is.
    exposed = "REDISCLI_AUTH=$(cat /etc/steward/redis.password) sleep 60"
    data.run(f"systemd-run --collect --unit=test-exposed sh -c '{exposed}'")
    try:
        assert poll(lambda: run_python(data, SEARCH), seconds=20, what="the exposed password")
    finally:
        data.run("systemctl stop test-exposed")


def test_db_size_names_the_biggest_tables_with_their_dead_rows(data: Machine) -> None:
    psql(
        data,
        "DROP TABLE IF EXISTS orders, small",
        "CREATE TABLE small (id int)",
        "CREATE TABLE orders (id serial PRIMARY KEY, what text) WITH (autovacuum_enabled = off)",
        "INSERT INTO orders (what) SELECT repeat('x', 200) FROM generate_series(1, 5000)",
        "DELETE FROM orders WHERE id <= 1000",
        "SELECT pg_stat_force_next_flush()",
    )
    poll(lambda: _table(data, "orders")["dead_rows"] == 1000, seconds=20, what="the statistics")
    orders = _table(data, "orders")
    assert (orders["live_rows"], orders["database"], orders["vacuumed"]) == (4000, "shop", None)
    assert orders["bytes"] == int(psql(data, "SELECT pg_total_relation_size('orders')"))
    assert orders["index_bytes"] == int(psql(data, "SELECT pg_indexes_size('orders')")) > 0
    said = document(data, "db size --json --tables 1")
    assert len(said["tables"]) == 1
    assert {row["name"] for row in said["databases"]} >= {"postgres", "shop"}
    assert any(line.startswith("public.orders ") for line in on_terminal(data, "db size shop"))


def _table(data: Machine, name: str) -> dict[str, Any]:
    return next(row for row in document(data, "db size shop --json")["tables"] if row["name"] == name)


def test_db_activity_shows_who_runs_what_for_how_long(data: Machine) -> None:
    with sessions(data, {"held-long": "SELECT pg_sleep(100)"}):
        time.sleep(1)
        found = {row["application"]: row for row in document(data, "db activity --longer 1 --json")["sessions"]}
        row = found["held-long"]
        assert (row["user"], row["database"], row["client"], row["state"]) == (
            "postgres",
            "shop",
            "this host",
            "active",
        )
        assert row["statement"] == "SELECT pg_sleep(100)"
        assert 1 <= row["seconds"] < 100
        assert any("held-long" in line for line in on_terminal(data, "db activity"))
        assert document(data, "db activity --longer 3600 --json")["sessions"] == []


def test_a_really_blocked_session_is_shown_below_its_blocker(data: Machine) -> None:
    psql(data, "CREATE TABLE IF NOT EXISTS small (id int)", "TRUNCATE small", "INSERT INTO small VALUES (1)")
    assert document(data, "db blocked --json")["trees"] == []
    change = "UPDATE small SET id = id + 1"
    with sessions(data, {"held-blocker": f"BEGIN;{change};SELECT pg_sleep(100)", "held-waiter": change}):
        said = document(data, "db blocked --json", expect=4)
        (root,) = said["trees"]
        (waiter,) = root["blocks"]
        assert (root["application"], waiter["application"], waiter["blocks"]) == ("held-blocker", "held-waiter", [])
        assert (waiter["waits_for"], waiter["statement"]) == ([root["pid"]], change)
        assert "transactionid" in waiter["wanted_lock"]
        found = json.loads(data.run("steward doctor --json", check=False).stdout)["findings"]
        assert "1 sessions wait for others" in [row["message"] for row in found]
    poll(lambda: document(data, "db blocked --json")["waiting"] == 0, seconds=20, what="nobody waiting")


def test_db_logs_are_those_since_a_moment_and_go_on(data: Machine) -> None:
    marked = f"mark_{time.time_ns()}"
    # On the host's clock: a line of a minute ago must not come.
    data.run(f"runuser -u postgres -- psql -X -d shop -c 'SELECT {marked}_before'", check=False)
    time.sleep(2.1)
    since = data.run("date -u +%Y-%m-%dT%H:%M:%SZ").stdout.strip()
    time.sleep(1)
    data.run("systemd-run --collect --unit=test-follow sh -c 'steward db logs --lines 1 --follow >/run/test-follow'")
    try:
        poll(lambda: data.run("cat /run/test-follow", check=False).stdout, seconds=20, what="the last line")
        data.run(f"runuser -u postgres -- psql -X -d shop -c 'SELECT {marked}_after'", check=False)
        poll(lambda: f"{marked}_after" in data.run("cat /run/test-follow").stdout, seconds=20, what="the new line")
    finally:
        data.run("systemctl stop test-follow; rm /run/test-follow")
    shown = steward(data, f"db logs --since {since}")
    assert f'column "{marked}_after" does not exist' in shown
    assert f"{marked}_before" not in shown
    assert f"{marked}_before" in steward(data, "db logs --since 5m")
    assert len(steward(data, "db logs --lines 2").splitlines()) == 2


def test_db_shell_is_the_superusers_and_is_recorded(data: Machine) -> None:
    asked = "SELECT current_user || ' in ' || current_database();\n"
    assert "postgres in shop" in steward(data, "db shell shop", input=asked)
    entry = acts(data)[-1]
    assert (entry["act"], entry["subject"], entry["exit_code"]) == ("db shell", "shop", 0)
    assert data.run(f"stat -c '%U %a' {ACTS}").stdout == "root 640\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("cache info cash", "INSTANCE is 'cash', allowed is: cache, queue"),
        ("cache shell", "INSTANCE is missing, allowed is: cache, queue"),
        ("cache latency --samples 0", "--samples is 0, allowed is: 1 to 100000"),
        ("db shell shoes", "DATABASE is 'shoes', allowed is: "),
        ("db size shoes", "DATABASE is 'shoes', allowed is: "),
        ("db size --tables 0", "--tables is 0, allowed is: 1 to 1000"),
        ("db activity --longer -1", "--longer is -1, allowed is: 0 or more seconds"),
        ("db logs --since yesterday", "--since is 'yesterday', allowed is: 30s, 10m, 2h, 7d or 2024-12-25T14:30:00Z"),
        ("db logs --lines 0", "--lines is 0, allowed is: at least 1"),
        ("app ps", "steward app needs a host of the group app, this one has: cache, database"),
    ],
)
def test_bad_input_is_one_line_that_names_what_is_allowed(data: Machine, line: str, said: str) -> None:
    before = data.run(f"wc -l {ACTS}", check=False).stdout
    assert said in refused(data, line)
    assert data.run(f"wc -l {ACTS}", check=False).stdout == before


def test_doctor_measures_and_names_what_failed_with_a_next_step(data: Machine) -> None:
    data.run("systemctl reset-failed; systemd-run --unit=test-broken false")
    data.run("systemd-cat -p err -t test-noise echo something is wrong")
    poll(lambda: data.run("systemctl is-failed test-broken", check=False).stdout == "failed\n", seconds=20)
    try:
        done = data.run("steward doctor --json", check=False)
    finally:
        data.run("systemctl reset-failed test-broken")
    said = json.loads(done.stdout)
    worst = {"pass": 0, "warning": 4, "critical": 1}
    assert (said["schema"], done.returncode) == (1, worst[said["verdict"]])
    found = {row["name"]: row for row in said["findings"]}
    assert found["unit test-broken.service"]["level"] == "warning"
    assert "systemctl status test-broken.service" in found["unit test-broken.service"]["next"]
    assert found["disk /"]["level"] == "critical"
    assert any("something is wrong" in row["message"] for row in said["findings"])
    memory = data.run("grep MemTotal /proc/meminfo").stdout.split()[1]
    assert said["figures"]["memory"]["total"] == int(memory) * 1024
    disks = {row["path"]: row["bytes"] - row["free"] for row in said["figures"]["disks"]}
    used = int(data.run("df --block-size=1 --output=used / | tail -1").stdout)
    assert disks["/"] == pytest.approx(used, rel=0.1)
    assert {row["name"] for row in said["figures"]["certificates"]} == {"authority", "host"}
    # Neither an app host nor a stopped one: its data services are well.
    assert [row for row in said["findings"] if row["name"].startswith("data:")] == []
