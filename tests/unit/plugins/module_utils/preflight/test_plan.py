# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.findings import FAIL, PASS, WARN
from ansible_collections.steward.platform.plugins.module_utils.preflight.model import GIB, Host, Listener
from ansible_collections.steward.platform.plugins.module_utils.preflight.plan import (
    find_all,
    parse_size,
    secret_defects,
)

GROUPS = ["app", "cache", "database", "proxy", "secrets"]
MODEL: dict[str, Any] = {
    "services": [
        {
            "kind": "web",
            "entry_port": 8000,
            "replicas": 2,
            "slot_ports": {"blue": 18000, "green": 18008},
            "limits": {"memory": "512M"},
        },
        {"kind": "worker", "entry_port": None, "replicas": 1, "slot_ports": {}, "limits": {"memory": "256m"}},
    ],
    "redis": [{"port": 6379, "memory": "128mb"}],
}
HOST = Host(
    "debian", "13", {"/": 20 * GIB, "/opt": 20 * GIB, "/var/lib": 20 * GIB}, 8 * GIB, 1000.0, (), "1.45", frozenset()
)


def failures(host: Host, groups: list[str] | None = None, *, force: bool = False) -> list[str]:
    found = find_all(MODEL, GROUPS if groups is None else groups, host, 1000.0, force=force)
    return [finding.message for finding in found if finding.status == FAIL]


def test_a_good_host_passes_every_check() -> None:
    found = find_all(MODEL, GROUPS, HOST, 1000.0, force=False)
    assert {finding.status for finding in found} == {PASS}
    assert {finding.name for finding in found} == {"system", "disk", "memory", "clock", "port", "docker"}


def listener(port: int, process: str) -> tuple[Listener, ...]:
    return (Listener("0.0.0.0", port, process),)


@pytest.mark.parametrize(
    ("host", "said"),
    [
        (replace(HOST, version="12"), "the system is debian 12, which cannot be app, cache, database, proxy, secrets"),
        (replace(HOST, free=HOST.free | {"/opt": 9 * GIB}), "/opt has 9.0 GiB free"),
        (replace(HOST, memory=GIB), "the host has 1.0 GiB of memory, the limits of what it runs add up to 2.2 GiB"),
        (replace(HOST, seconds=1031.0), "the clock is 31 s away from the controller's"),
        (replace(HOST, listeners=listener(5432, "python3")), "port 5432 is taken by python3 on 0.0.0.0"),
        (replace(HOST, listeners=listener(18009, "nc")), "port 18009 is taken by nc on 0.0.0.0"),
        (replace(HOST, listeners=listener(80, "")), "port 80 is taken by a process that cannot be seen on 0.0.0.0"),
        (replace(HOST, docker_api=""), "the Docker daemon does not answer"),
        (replace(HOST, docker_api="1.40"), "Docker speaks API 1.40"),
    ],
)
def test_what_is_wrong_is_named(host: Host, said: str) -> None:
    assert failures(host) == [said]


def test_what_is_ours_may_listen() -> None:
    ours = (
        *listener(80, "nginx"),
        *listener(8000, "haproxy"),
        *listener(6379, "redis-server"),
        *listener(18000, "dockerd"),
    )
    assert failures(replace(HOST, listeners=ours)) == []


def test_a_port_of_another_function_is_nobodys_business() -> None:
    assert failures(replace(HOST, listeners=listener(8000, "python3")), ["database"]) == []


def test_a_host_without_docker_is_prepared_later() -> None:
    assert failures(replace(HOST, docker_api=None)) == []


@pytest.mark.parametrize(
    ("groups", "stored", "said"),
    [
        (GROUPS, None, ["secret external/pay was not given, and OpenBao is not there yet"]),
        (GROUPS, frozenset(), ["secret external/pay was not given, and OpenBao does not have it"]),
        (GROUPS, frozenset({"external/pay"}), []),
        (["app"], None, []),
    ],
)
def test_a_secret_that_nobody_gave_must_be_in_openbao(
    groups: list[str], stored: frozenset[str] | None, said: list[str]
) -> None:
    host = replace(HOST, stored_secrets=stored)
    found = find_all(MODEL, groups, host, 1000.0, ["external/pay"], force=False)
    assert [finding.message for finding in found if finding.status == FAIL] == said


def test_force_warns_of_disk_memory_and_clock_and_of_nothing_else() -> None:
    bad = replace(HOST, memory=GIB, seconds=0.0, free=dict.fromkeys(HOST.free, GIB), listeners=listener(5432, "nc"))
    assert failures(bad, force=True) == ["port 5432 is taken by nc on 0.0.0.0"]
    warned = [finding for finding in find_all(MODEL, GROUPS, bad, 1000.0, force=True) if finding.status == WARN]
    assert {finding.name for finding in warned} == {"disk", "memory", "clock"}


@pytest.mark.parametrize(("text", "size"), [("512M", 512 * 1024**2), ("1g", GIB), ("64kb", 65536), ("100", 100)])
def test_sizes_are_read_as_docker_and_redis_write_them(text: str, size: int) -> None:
    assert parse_size(text) == size


STRONG = "pk4Zr8TqWm2xVn6B"
SECRETS = [
    {"path": "external/pay", "variable": "pay_key", "minimum": 16},
    {"path": "external/mail", "variable": "mail_key", "minimum": 16},
]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("short7Xq", "has fewer than 16 characters"),
        ("CHANGE_THIS_pk4Zr8TqWm", "is a placeholder"),
        ("your-pay-key-pk4Zr8T", "is a placeholder"),
        ("SG.xxxxxxxx_pk4Zr8TqWm", "is a placeholder"),
        ("TODO pk4Zr8TqWm3vKsYb", "is a placeholder"),
        ("abababababababababab", "has fewer than 8 different characters"),
        (f" {STRONG}", "begins or ends with white space"),
    ],
)
def test_a_weak_secret_is_named_and_never_shown(value: str, said: str) -> None:
    found = secret_defects(SECRETS, {"pay_key": value})
    assert found == [f"secret external/pay (variable pay_key) {said}"]
    assert value not in found[0]


def test_strong_secrets_pass_and_absent_ones_are_left_to_openbao() -> None:
    assert secret_defects(SECRETS, {"pay_key": STRONG}) == []
    # By chance, in the middle of random letters.
    assert secret_defects(SECRETS, {"pay_key": "kXXxxtdlEn2EyKVIu", "mail_key": "8fJtOdOq2Lm5Zr7Wc"}) == []


def test_one_secret_for_two_purposes_is_refused() -> None:
    found = secret_defects(SECRETS, {"pay_key": STRONG, "mail_key": STRONG})
    assert len(found) == 2
    assert all(line.endswith("is used for another secret too") for line in found)
