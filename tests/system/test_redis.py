# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redis on a real host: who gets in and what they may do, what is changed live, what is put back, what survives."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from functools import partial
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

PORTS = {"cache": 6379, "queue": 6380}
PASSWORDS = {name: f"{name}-pass-0123456789abcdef" for name in ("shop_api", "shop_worker")}
API = {"user": "shop_api", "path": "redis/shop-api"}
WORKER = {"user": "shop_worker", "path": "redis/shop-worker"}
INSTANCES = [
    {
        "name": "cache", "port": 6379, "eviction": "allkeys-lru", "persistent": False, "memory": "64mb",
        "clients": [API],
    },
    {
        "name": "queue", "port": 6380, "eviction": "noeviction", "persistent": True, "memory": "64mb",
        "clients": [API, WORKER],
    },
]  # fmt: skip

# As a service does: the answers to its commands, each as text, or the error.
CLIENT = """
import redis
connection = redis.Redis(
    **given["to"], ssl=given["tls"], ssl_ca_certs=given["ca"], socket_timeout=10, decode_responses=True
)
answer = []
for command in given["commands"]:
    try:
        answer.append(str(connection.execute_command(*command)))
    except (redis.RedisError, OSError) as error:
        answer.append(f"{type(error).__name__}: {error}")
"""

# Values of one kilobyte until the instance refuses one, or 16,000 of them.
FILL = """
import redis
connection = redis.Redis(**given["to"], ssl=True, ssl_ca_certs=given["ca"], socket_timeout=10)
answer = {"written": 0, "error": ""}
try:
    for number in range(16000):
        connection.set(f"fill:{number}", "x" * 1000)
        answer["written"] += 1
except redis.RedisError as error:
    answer["error"] = str(error)
"""

CELERY_APP = """
import os
from celery import Celery
app = Celery("jobs", broker=os.environ["BROKER"], backend=os.environ["RESULTS"])
app.conf.update(task_acks_late=True, worker_prefetch_multiplier=1, broker_connection_retry_on_startup=True)

@app.task
def add(a, b):
    return a + b
"""


def credentials(**changed: str) -> dict[str, dict[str, str]]:
    passwords = {**PASSWORDS, **changed}
    return {
        f"redis/{name.replace('_', '-')}": {"username": name, "password": password}
        for name, password in passwords.items()
    }


@pytest.fixture(scope="module")
def data(host: Callable[..., Machine]) -> Machine:
    return prepare(host("data"))


@pytest.fixture(scope="module")
def redis(data: Machine, inventory: Callable[..., Path], ansible_playbook: PlaybookRunner) -> Service:
    variables = {"platform": make_model(data, redis=INSTANCES), "redis_credentials": credentials()}
    service = Service("redis", ansible_playbook, inventory({"cache": [data], "secrets": [data]}), variables)
    service.play(["pki"])
    return service


@pytest.fixture
def restored(redis: Service) -> Any:
    """For tests that leave another state: bring the usual one back."""
    yield
    redis.play()


def ask(data: Machine, instance: str, user: str, *commands: list[str], tls: bool = True, **changed: Any) -> list[str]:
    to = {
        "host": data.private_ipv4,
        "port": PORTS[instance],
        "username": user,
        "password": PASSWORDS.get(user),
        **changed,
    }
    answer = run_python(data, CLIENT, to=to, tls=tls, ca=CA_FILE, commands=commands or [["PING"]])
    assert isinstance(answer, list)
    return answer


def administer(data: Machine, instance: str, *words: str) -> str:
    """As the local administrator, with another program than ours; the password comes from its file."""
    command = (
        f"redis-cli --tls --cacert {CA_FILE} --no-auth-warning --user steward -p {PORTS[instance]} {' '.join(words)}"
    )
    return data.run(f"REDISCLI_AUTH=$(cat /etc/steward/redis.password) {command}").stdout.strip()


def run_id(data: Machine, instance: str) -> str:
    """Another one after each restart."""
    said = administer(data, instance, "info", "server")
    return next(line for line in said.splitlines() if line.startswith("run_id:"))


def serial(data: Machine, instance: str) -> str:
    line = f"openssl s_client -connect {data.private_ipv4}:{PORTS[instance]} </dev/null 2>/dev/null"
    return data.run(f"{line} | openssl x509 -noout -serial").stdout


def test_a_second_run_changes_nothing_in_few_tasks(redis: Service) -> None:
    result = redis.play(diff=True)
    assert result.changed == ()
    assert 1 <= len(redis.of_role(result)) <= 8
    assert redis.play(check=True, diff=True).changed == ()


def test_only_the_instances_listen_on_loopback_and_the_private_address(data: Machine, redis: Service) -> None:
    lines = data.run("ss -Hltnp | grep redis-server").stdout.splitlines()
    expected = {f"{address}:{port}" for address in ("127.0.0.1", data.private_ipv4) for port in PORTS.values()}
    assert {line.split()[3] for line in lines} == expected
    assert data.run("systemctl is-enabled redis-server", check=False).stdout.strip() == "masked"


@pytest.mark.parametrize(
    ("instance", "user", "changed", "message"),
    [
        pytest.param("cache", "shop_api", {}, "True", id="a service gets in"),
        pytest.param("cache", "shop_api", {"password": "wrong"}, "AuthenticationError", id="wrong password"),
        pytest.param("cache", "shop_worker", {}, "AuthenticationError", id="a service of the other instance"),
        pytest.param("cache", None, {}, "Authentication required", id="nobody"),
        pytest.param("cache", "default", {"password": "any"}, "AuthenticationError", id="the default user"),
        pytest.param("queue", "shop_api", {"tls": False}, "ConnectionError", id="plain text"),
    ],
)
def test_who_gets_in(data: Machine, redis: Service, instance, user, changed, message) -> None:
    assert message in ask(data, instance, user, ["PING"], **changed)[0]


def test_a_service_may_not_touch_the_server_or_others(data: Machine, redis: Service) -> None:
    commands = [
        *("CONFIG GET maxmemory", "ACL LIST", "FLUSHALL", "FLUSHDB", "KEYS *", "SHUTDOWN", "CLIENT LIST", "MONITOR"),
        *("SAVE", "CLIENT KILL TYPE normal", "SWAPDB 0 1", "FUNCTION FLUSH", "SCRIPT FLUSH"),
        *("REPLICAOF NO ONE", "MODULE LIST"),
    ]
    answers = ask(data, "queue", "shop_worker", *[command.split() for command in commands])
    refused = {command: answer for command, answer in zip(commands, answers, strict=True) if "NoPermission" in answer}
    assert sorted(refused) == sorted(commands)


def test_celery_works_over_tls_with_its_user(data: Machine, redis: Service) -> None:
    data.run(
        "dpkg -s python3-celery >/dev/null 2>&1 || "
        "DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends python3-celery",
        timeout=600,
    )
    data.run("mkdir -p /tmp/jobs && cat >/tmp/jobs/jobs.py", input=CELERY_APP)
    base = f"rediss://shop_worker:{PASSWORDS['shop_worker']}@{data.private_ipv4}:{PORTS['queue']}"
    options = f"ssl_cert_reqs=required&ssl_ca_certs={CA_FILE}"
    urls = f"export BROKER='{base}/4?{options}' RESULTS='{base}/5?{options}'\n"
    data.run("umask 077; cat >/tmp/jobs/urls", input=urls)
    start = "cd /tmp/jobs && . ./urls && exec python3 -m celery -A jobs worker -P solo --pidfile=/tmp/jobs/worker.pid"
    data.run(f"systemd-run --unit=test-celery --collect sh -c {start!r}")
    jobs = [add.format(pair) for pair, add in (("2, 3", "apply_async(({}), countdown=1)"), ("4, 5", "delay({})"))]
    program = "from jobs import add; print(" + ", ".join(f"add.{job}.get(timeout=60)" for job in jobs) + ")"
    try:
        job = data.run(f'cd /tmp/jobs && . ./urls && python3 -c "{program}"').stdout
        assert job.split() == ["5", "9"]
        # Remote control uses PUBSUB and BRPOP.
        ping = "cd /tmp/jobs && . ./urls && python3 -m celery -A jobs inspect ping --timeout 5"
        poll(lambda: "pong" in data.run(ping, check=False).stdout, seconds=60, what="the worker's answer")
    finally:
        data.run("systemctl stop test-celery; rm -rf /tmp/jobs")


def test_a_full_queue_refuses_and_a_full_cache_forgets(data: Machine, redis: Service, restored: None) -> None:
    before = {name: run_id(data, name) for name in PORTS}
    redis.play(variables={"redis_settings": {name: {"maxmemory": "8mb"} for name in PORTS}})
    assert {name: run_id(data, name) for name in PORTS} == before
    to = {name: {"host": data.private_ipv4, "port": port, "username": "shop_api", "password": PASSWORDS["shop_api"]}
          for name, port in PORTS.items()}  # fmt: skip
    queue = run_python(data, FILL, to=to["queue"], ca=CA_FILE)
    assert "used memory > 'maxmemory'" in queue["error"]
    assert queue["written"] > 100
    assert run_python(data, FILL, to=to["cache"], ca=CA_FILE) == {"written": 16000, "error": ""}
    status = call_client(data, "redis", "status()")
    assert status["cache"]["eviction"]["keys"] > 0
    assert status["queue"]["eviction"] == {"policy": "noeviction", "keys": 0}
    administer(data, "queue", "config", "set", "maxmemory", "64mb")
    deletion = ["EVAL", "for i = 0, 15999 do redis.call('DEL', 'fill:' .. i) end", "0"]
    ask(data, "queue", "shop_api", deletion)


def test_jobs_survive_a_killed_server_and_the_cache_does_not(data: Machine, redis: Service) -> None:
    for name in PORTS:
        assert ask(data, name, "shop_api", ["SET", "kept", "yes"]) == ["True"]
    # What is read back from the file within a transaction is checked once more.
    ask(data, "queue", "shop_api", ["EVAL", "redis.call('SET', 'both', 1) redis.call('SET', 'kept too', 1)", "0"])
    for name in PORTS:
        ident = run_id(data, name)
        data.run(f"systemctl kill -s KILL redis-server@{name}")
        poll(partial(_is_another, data, name, ident), seconds=30, what=f"{name} after it was killed")
    assert ask(data, "queue", "shop_api", ["GET", "kept"], ["GET", "kept too"]) == ["yes", "1"]
    assert ask(data, "cache", "shop_api", ["GET", "kept"]) == ["None"]
    assert redis.play().changed == ()


def _is_another(data: Machine, name: str, ident: str) -> bool:
    try:
        return run_id(data, name) != ident
    except AssertionError:
        return False


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"activedefrag": True}, "Active defragmentation", id="a value this build refuses"),
        pytest.param({"no-such-setting": 1}, "no-such-setting", id="an unknown setting"),
        pytest.param(
            {"tls-key-file": "/etc/ssl/nothing.key"}, "Failed to load private key", id="a key that is not there"
        ),
    ],
)
def test_what_a_server_refuses_is_put_back(data: Machine, redis: Service, settings, message) -> None:
    files = ["cat", "/etc/redis/redis-cache.conf", "/etc/redis/redis-queue.conf"]
    before, ident = data.run(files).stdout, run_id(data, "queue")
    failed = redis.play(variables={"redis_settings": {"queue": settings}}, expect=2).failed
    assert message in str(failed[0].result["msg"])
    assert (data.run(files).stdout, run_id(data, "queue")) == (before, ident)


def test_a_setting_is_changed_live_or_by_a_restart_as_it_needs(data: Machine, redis: Service, restored: None) -> None:
    ident = run_id(data, "cache")
    live = {"redis_settings": {"cache": {"tcp-keepalive": 30}}}
    # The events hold a difference only from this verbosity on.
    predicted = redis.play(variables=live, check=True, diff=True, options=["-vvv"])
    result = redis.play(variables=live, diff=True, options=["-vvv"])
    assert [task.result["diff"] for task in predicted.changed] == [task.result["diff"] for task in result.changed]
    assert administer(data, "cache", "config", "get", "tcp-keepalive").split() == ["tcp-keepalive", "30"]
    assert run_id(data, "cache") == ident
    redis.play(variables={"redis_settings": {"cache": {"databases": 32}}})
    assert administer(data, "cache", "config", "get", "databases").split() == ["databases", "32"]
    assert run_id(data, "cache") != ident


def test_drift_in_a_running_server_is_put_right(data: Machine, redis: Service) -> None:
    administer(data, "cache", "config", "set", "maxmemory-policy", "noeviction")
    assert [task.name for task in redis.play().changed] == ["Run the instances as configured"]
    assert administer(data, "cache", "config", "get", "maxmemory-policy").split()[1] == "allkeys-lru"


def test_a_new_password_replaces_the_old_and_is_shown_nowhere(data: Machine, redis: Service, restored: None) -> None:
    ident, new = run_id(data, "queue"), "another-pass-0123456789abcdef"
    changed = {"redis_credentials": credentials(shop_worker=new)}
    predicted = redis.play(variables=changed, check=True, diff=True, options=["-vvv"])
    result = redis.play(variables=changed, diff=True, options=["-vvv"])
    assert [task.result["diff"] for task in predicted.changed] == [task.result["diff"] for task in result.changed]
    assert "AuthenticationError" in ask(data, "queue", "shop_worker")[0]
    assert ask(data, "queue", "shop_worker", password=new) == ["True"]
    assert run_id(data, "queue") == ident
    seen = result.output + predicted.output + data.run("journalctl -o cat").stdout
    for secret in (*PASSWORDS.values(), new, data.run("cat /etc/steward/redis.password").stdout.strip()):
        assert secret not in seen
        if secret in (*PASSWORDS.values(), new):
            assert hashlib.sha256(secret.encode()).hexdigest() not in seen


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param(
            {"password": "short"}, "redis_credentials[redis/shop-api].password is too weak", id="a weak password"
        ),
        pytest.param({"username": "root"}, "redis_credentials[redis/shop-api].username is 'root'", id="another user"),
    ],
)
def test_bad_credentials_are_refused_before_anything_changes(data: Machine, redis: Service, given, message) -> None:
    broken = credentials()
    broken["redis/shop-api"] |= given
    result = redis.play(variables={"redis_credentials": broken}, expect=2)
    assert message in result.output
    assert result.changed == ()


def test_a_renewed_certificate_is_shown_without_a_restart(data: Machine, redis: Service) -> None:
    before, ident = serial(data, "queue"), run_id(data, "queue")
    data.run("rm /etc/ssl/steward/host.pem")
    redis.play(["pki"])
    assert serial(data, "queue") != before
    assert run_id(data, "queue") == ident
    assert redis.play().changed == ()


def test_instances_come_back_when_the_private_address_does(data: Machine, redis: Service) -> None:
    address = f"{data.private_ipv4}/24"
    device = data.run(f"ip -o address show to {data.private_ipv4} | cut -d' ' -f2").stdout.strip()
    data.run(f"ip address del {address} dev {device} && systemctl restart --no-block redis-server@cache")
    poll(lambda: "activating" in data.run("systemctl is-active redis-server@cache", check=False).stdout, seconds=20)
    data.run(f"ip address add {address} dev {device}")
    poll(lambda: ask(data, "cache", "shop_api") == ["True"], seconds=30, what="the cache")


def test_other_instances_are_reported_and_stay(data: Machine, redis: Service) -> None:
    data.run("touch /etc/redis/redis-old.conf")
    result = redis.play()
    assert result.changed == ()
    assert result.result("Run the instances as configured")["unmanaged"] == ["old"]
    data.run("rm /etc/redis/redis-old.conf")


def test_status_is_read_without_ansible(data: Machine, redis: Service) -> None:
    status = call_client(data, "redis", "status()")
    assert set(status) == {"cache", "queue"}
    for name, append_only_file in (("cache", False), ("queue", True)):
        assert status[name]["version"].startswith("8.")
        assert status[name]["role"] == "master"
        assert status[name]["memory"]["maximum"] == 64 * 1024 * 1024
        assert status[name]["persistence"]["append_only_file"] is append_only_file
    data.run("systemctl stop redis-server@cache")
    assert "Connection refused" in call_client(data, "redis", "status()")["cache"]["error"]
    assert [task.name for task in redis.play().changed] == ["Run the instances as configured"]


def test_they_serve_again_after_a_reboot(data: Machine, redis: Service) -> None:
    assert ask(data, "queue", "shop_api", ["SET", "over", "boot"]) == ["True"]
    subprocess.run(["docker", "restart", data.container], check=True, capture_output=True)

    def kept() -> bool:
        try:
            both = ask(data, "queue", "shop_api", ["GET", "over"]) + ask(data, "cache", "shop_api", ["PING"])
            return both == ["boot", "True"]
        except AssertionError:
            return False

    poll(kept, seconds=180, every=1, what="the queue after a reboot")
    assert redis.play().changed == ()
