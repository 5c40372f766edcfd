# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots of real instances: exactly the keys of that moment come back, with an append-only file and without."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.data_services import CA_FILE, Service, make_model, prepare
from ansible_collections.steward.platform.tests.support.machines import Machine, poll
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner, PlayResult

pytestmark = pytest.mark.long

PORTS = {"cache": 6379, "queue": 6380}
FOLDER = "/var/backups/redis-snapshots"
INSTANCES = [
    {"name": "cache", "port": 6379, "eviction": "allkeys-lru", "persistent": False, "memory": "64mb", "clients": []},
    {"name": "queue", "port": 6380, "eviction": "noeviction", "persistent": True, "memory": "64mb", "clients": []},
]
FILES = "sha256sum /etc/redis/redis-*.conf /etc/redis/*.acl"


@pytest.fixture(scope="module")
def data(host: Callable[..., Machine]) -> Machine:
    return prepare(host("data"))


@pytest.fixture(scope="module")
def redis(data: Machine, inventory: Callable[..., Path], ansible_playbook: PlaybookRunner) -> Service:
    variables = {"platform": make_model(data, redis=INSTANCES)}
    service = Service("redis", ansible_playbook, inventory({"cache": [data], "secrets": [data]}), variables)
    service.play(["pki"])
    data.run(f"rm -rf {FOLDER} /var/lib/redis/*.before-*; mkdir -p {FOLDER}")
    return service


def administer(data: Machine, instance: str, *words: str) -> str:
    """With another program than ours; the password comes from its file."""
    command = f"redis-cli --tls --cacert {CA_FILE} --no-auth-warning --user steward -p {PORTS[instance]}"
    # With -e an error of the server is one of the program.
    line = f"REDISCLI_AUTH=$(cat /etc/steward/redis.password) {command} -e {shlex.join(words)}"
    return data.run(line).stdout.strip()


def fill(data: Machine, instance: str) -> None:
    """Keys of several kinds in two databases, two of which come to an end."""
    administer(data, instance, "flushall")
    script = "for i = 1, 500 do redis.call('SET', 'key:' .. i, 'value ' .. i) end"
    administer(data, instance, "eval", script, "0")
    administer(data, instance, "rpush", "jobs", "one", "two", "three")
    administer(data, instance, "hset", "hash", "field", "value")
    administer(data, instance, "set", "ending", "1", "ex", "100000")
    administer(data, instance, "-n", "4", "set", "other", "database")


def contents(data: Machine, instance: str) -> list[str]:
    """Keys and their serialised values."""
    script = (
        "local r = {} for _, k in ipairs(redis.call('KEYS', '*')) do "
        "table.insert(r, k .. '=' .. redis.sha1hex(redis.call('DUMP', k))) end table.sort(r) return r"
    )
    return [administer(data, instance, "-n", number, "eval", script, "0") for number in ("0", "4")]


def run_id(data: Machine, instance: str) -> str:
    said = administer(data, instance, "info", "server")
    return next(line for line in said.splitlines() if line.startswith("run_id:"))


def call(redis: Service, module: str, *, check: bool = False, expect: int = 0, **options: Any) -> PlayResult:
    task = {"name": "Act", f"steward.platform.{module}": options}
    return redis.tasks(tasks=[task], check=check, diff=True, expect=expect, options=["-vvv"])


def snapshot(redis: Service, instance: str, name: str, **given: Any) -> Any:
    return call(redis, "redis_snapshot", instance=instance, path=f"{FOLDER}/{name}.rdb", **given).result("Act")


def failure(redis: Service, module: str, **options: Any) -> str:
    return str(call(redis, module, expect=2, **options).failed[0].result["msg"])


@pytest.mark.parametrize("instance", ["queue", "cache"])
def test_exactly_the_keys_of_the_snapshot_come_back(data: Machine, redis: Service, instance: str) -> None:
    fill(data, instance)
    predicted = snapshot(redis, instance, f"{instance}-first", check=True)
    assert data.run(f"ls -A {FOLDER}").stdout.find(f"{instance}-first") == -1
    done = snapshot(redis, instance, f"{instance}-first")
    assert (predicted["changed"], predicted["diff"]) == (True, done["diff"])
    path = f"{FOLDER}/{instance}-first.rdb"
    assert done["result"]["details"]["keys"] == 504
    assert done["result"]["details"]["databases"]["4"] == {"keys": 1, "expiring": 0}
    assert data.run(f"stat -c '%U %a' {path}").stdout.strip() == "root 600"
    assert "dump.rdb" not in data.run(f"ls /var/lib/redis/{instance}").stdout
    assert not snapshot(redis, instance, f"{instance}-first")["changed"]
    then, files = contents(data, instance), data.run(FILES).stdout
    administer(data, instance, "eval", "for i = 1, 50 do redis.call('SET', 'late:' .. i, i) end", "0")
    administer(data, instance, "del", "jobs")
    options = {"instance": instance, "path": path, "confirm": instance}
    ident = run_id(data, instance)
    looked = call(redis, "redis_restore", check=True, **options).result("Act")
    assert run_id(data, instance) == ident
    restored = call(redis, "redis_restore", **options).result("Act")
    assert looked["diff"] == restored["diff"]
    assert contents(data, instance) == then
    assert (data.run(FILES).stdout, redis.play().changed) == (files, ())
    assert data.run(f"test -d {restored['result']['kept']} && ls -A {restored['result']['kept']} | wc -l").stdout
    data.run(f"systemctl restart redis-server@{instance}")
    # What keeps nothing has nothing after a restart, not what was restored one day.
    assert contents(data, instance) == (then if instance == "queue" else ["", ""])
    accepted = {"instance": instance, "confirm": instance, "state": "accepted"}
    assert call(redis, "redis_restore", **accepted).result("Act")["changed"]
    assert data.run("ls -d /var/lib/redis/*.before-*", check=False).stdout == ""
    assert not call(redis, "redis_restore", **accepted).result("Act")["changed"]


def test_a_restore_is_taken_back(data: Machine, redis: Service) -> None:
    fill(data, "queue")
    snapshot(redis, "queue", "undone")
    administer(data, "queue", "set", "later", "yes")
    latest = contents(data, "queue")
    call(redis, "redis_restore", instance="queue", confirm="queue", path=f"{FOLDER}/undone.rdb")
    assert administer(data, "queue", "exists", "later") == "0"
    call(redis, "redis_restore", instance="queue", confirm="queue", state="undone")
    assert contents(data, "queue") == latest
    data.run("systemctl kill -s KILL redis-server@queue")
    poll(lambda: administer_or_none(data, "queue") == "yes", seconds=30, what="the queue after it was killed")


def test_what_a_killed_exchange_left_is_settled_before_the_next(data: Machine, redis: Service) -> None:
    fill(data, "queue")
    snapshot(redis, "queue", "killed")
    administer(data, "queue", "set", "later", "yes")
    latest = contents(data, "queue")
    # As a process leaves it that is killed when it has moved the first file; the host starts what it finds.
    data.run(
        "systemctl stop redis-server@queue; mkdir -m 0700 /var/lib/redis/.queue.aside;"
        " mv /var/lib/redis/queue/appendonlydir /var/lib/redis/.queue.aside/; systemctl start redis-server@queue"
    )
    poll(lambda: administer_or_none(data, "queue") == "", seconds=30, what="the queue without its file")
    call(redis, "redis_restore", instance="queue", confirm="queue", path=f"{FOLDER}/killed.rdb")
    call(redis, "redis_restore", instance="queue", confirm="queue", state="undone")
    assert contents(data, "queue") == latest
    assert data.run("ls -d /var/lib/redis/.queue.aside", check=False).stdout == ""


def administer_or_none(data: Machine, instance: str) -> str | None:
    try:
        return administer(data, instance, "get", "later")
    except AssertionError:
        return None


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param("truncate -s -20", "Unexpected EOF", id="cut off"),
        pytest.param(
            "dd if=/dev/zero bs=1 count=4 seek=2000 conv=notrunc status=none of=", "is no good RDB file", id="bits"
        ),
        pytest.param("truncate -s 0", "is no good RDB file", id="empty"),
    ],
)
def test_a_damaged_snapshot_is_refused_before_anything_stops(data: Machine, redis: Service, spoil, message) -> None:
    fill(data, "queue")
    snapshot(redis, "queue", "good")
    bad = f"{FOLDER}/bad.rdb"
    data.run(f"mv {FOLDER}/good.rdb {bad} && {spoil}{'' if spoil.endswith('=') else ' '}{bad}")
    ident, then = run_id(data, "queue"), contents(data, "queue")
    said = failure(redis, "redis_restore", instance="queue", confirm="queue", path=bad)
    assert message in said
    assert (run_id(data, "queue"), contents(data, "queue")) == (ident, then)
    assert data.run("ls -A /var/lib/redis").stdout.split() == ["cache", "queue"]


def test_an_instance_that_does_not_come_back_gets_its_data_again(data: Machine, redis: Service) -> None:
    fill(data, "queue")
    snapshot(redis, "queue", "refused")
    administer(data, "queue", "set", "later", "yes")
    then = contents(data, "queue")
    # It starts only with the folder it has now.
    inode = data.run("stat -c %i /var/lib/redis/queue/appendonlydir").stdout.strip()
    drop_in = "/run/systemd/system/redis-server@queue.service.d"
    guard = f"[Service]\nExecCondition=+/bin/sh -c 'test $(stat -c %%i /var/lib/redis/queue/appendonlydir) = {inode}'\n"
    data.run(f"mkdir -p {drop_in} && cat >{drop_in}/test.conf && systemctl daemon-reload", input=guard)
    try:
        said = failure(redis, "redis_restore", instance="queue", confirm="queue", path=f"{FOLDER}/refused.rdb")
    finally:
        data.run(f"rm {drop_in}/test.conf && systemctl daemon-reload")
    assert "queue did not come back and has its former data again" in said
    assert contents(data, "queue") == then
    assert data.run("ls -A /var/lib/redis").stdout.split() == ["cache", "queue"]


def test_a_snapshot_that_cannot_be_written_is_an_error_and_leaves_nothing(data: Machine, redis: Service) -> None:
    fill(data, "queue")
    data.run("chmod 0500 /var/lib/redis/queue")
    try:
        said = failure(redis, "redis_snapshot", instance="queue", path=f"{FOLDER}/unwritten.rdb")
    finally:
        data.run("chmod 0750 /var/lib/redis/queue")
    assert "queue could not write its snapshot" in said
    assert "unwritten" not in data.run(f"ls -A {FOLDER}").stdout


@pytest.mark.parametrize(
    ("module", "options", "message"),
    [
        pytest.param(
            "redis_snapshot", {"instance": "none"}, "instance is 'none', allowed is one of: cache, queue", id="name"
        ),
        pytest.param("redis_snapshot", {"path": "/nowhere/x.rdb"}, "/nowhere is no folder", id="folder"),
        pytest.param("redis_restore", {"confirm": "yes"}, "confirm is 'yes', allowed is: queue", id="confirmation"),
        pytest.param("redis_restore", {"path": "/nowhere.rdb"}, "/nowhere.rdb is no file", id="no file"),
    ],
)
def test_bad_input_is_refused(redis: Service, module, options, message) -> None:
    usual: dict[str, Any] = {"instance": "queue", "path": f"{FOLDER}/new.rdb"}
    if module == "redis_restore":
        usual["confirm"] = "queue"
    assert message in failure(redis, module, **usual | options)
