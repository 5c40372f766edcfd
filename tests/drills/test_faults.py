# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A release that fails: one clear line, an exit code that is not 0, and the previous release serving all the while."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import yaml

from ansible_collections.steward.platform.tests.support.machines import poll
from ansible_collections.steward.platform.tests.support.openbao import operator_seal
from ansible_collections.steward.platform.tests.support.paths import ROOT
from ansible_collections.steward.platform.tests.support.platform import MANAGEMENT, Platform

LEASE = "/var/lib/steward/dotmac.lease.json"
SECRETS = yaml.safe_load((ROOT / "inventories/demo/group_vars/all/platform.yml").read_text())["platform_secrets"]
TWILIO = {"path": "external/twilio", "kind": "external", "variable": "twilio_auth_token"}


def refused(
    platform: Platform, said: str, variables: dict[str, Any] | None = None, name: str = "isp.dotmac.localhost"
) -> str:
    """Deploy what must fail, and see that nobody noticed."""
    before = platform.current()["id"]
    with platform.watched(name) as watch:
        result = platform.deploy(variables=variables or {}, expect=2)
    message = str(result.failed[-1].result["msg"])
    assert said in message
    assert watch.answers > 0
    assert watch.failures == []
    assert len(watch.versions) == 1
    assert platform.current()["id"] == before
    assert platform.machine.run(f"test -e {LEASE}", check=False).returncode == 1, "the lease was left behind"
    return message


def containers(platform: Platform) -> set[str]:
    return set(platform.machine.run("docker ps --format '{{.Names}}'").stdout.split())


@pytest.mark.parametrize(
    ("fault", "said", "options"),
    [
        pytest.param("crash-on-start", "failed its trial", {}, marks=pytest.mark.long),
        ("broken-import", "failed its trial", {}),
        pytest.param("double-head", "have 2 heads", {}, marks=pytest.mark.long),
        pytest.param(
            "failing-migration", "failed, the database is at 0002", {"deploy_skip_tests": True}, marks=pytest.mark.long
        ),
        pytest.param("dying-worker", "mgmt-celery-worker does not", {"deploy_observe": 30}, marks=pytest.mark.long),
    ],
)
def test_a_broken_release_leaves_the_old_one_serving(
    platform: Platform, fault: str, said: str, options: dict[str, Any]
) -> None:
    before = containers(platform)
    refused(platform, said, {"demo_fault": fault, **options})
    assert containers(platform) == before


def test_a_release_that_is_never_ready_keeps_its_record_and_last_words(platform: Platform) -> None:
    before = containers(platform)
    refused(platform, "does not become ready", {"demo_fault": "never-ready", "deploy_ready_timeout": 20})
    newest = platform.machine.run("ls /opt/dotmac/releases | sort | tail -1").stdout.strip()
    record = json.loads(platform.machine.run(f"cat /opt/dotmac/releases/{newest}/release.json").stdout)
    assert record["state"] == "failed"
    assert "does not become ready" in record["error"]
    words = json.loads(platform.machine.run(f"cat /opt/dotmac/releases/{newest}/last-words.json").stdout)
    assert any(words.values())
    assert containers(platform) == before


def test_a_held_lease_is_refused_naming_its_holder(platform: Platform) -> None:
    holder = {"user": "jane", "host": "elsewhere", "pid": 1, "boot": "", "started": ""}
    held = {
        "schema": 1,
        "token": "other",
        "holder": holder,
        "by": "jane@elsewhere",
        "release": "20990101_000000",
        "since": "2099-01-01T00:00:00Z",
        "expires": "2099-01-01T00:30:00Z",
        "stage": "images",
        "stages": [],
        "taken_from": "",
    }
    platform.machine.run(f"cat > {LEASE}", input=json.dumps(held))
    try:
        before = platform.current()["id"]
        result = platform.deploy(expect=2)
        assert "is held by jane@elsewhere (process 1), release 20990101_000000, stage images (5/9)" in result.output
        assert platform.current()["id"] == before
        taken = platform.deploy(variables={"deploy_takeover": True})
        assert "the lease was taken from jane@elsewhere" in taken.output
    finally:
        platform.machine.run(f"rm -f {LEASE}")


@contextmanager
def listening(platform: Platform, port: int) -> Iterator[None]:
    """Somebody else on one of our ports."""
    script = (
        f"import socket, time; s = socket.create_server(('{platform.machine.private_ipv4}', {port})); time.sleep(600)"
    )
    platform.machine.run(f"systemd-run --unit=squatter --collect python3 -c {shlex.quote(script)}")
    poll(lambda: f":{port} " in platform.machine.run("ss -ltn").stdout, seconds=10, what="the squatter")
    try:
        yield
    finally:
        platform.machine.run("systemctl stop squatter")


@pytest.mark.long
def test_a_taken_port_is_refused_naming_who_has_it(platform: Platform) -> None:
    serving = platform.current()["services"]["isp-framework"]
    free = 18008 if serving["slot"] == "blue" else 18000
    with listening(platform, free):
        assert f"port {free} is taken by python3" in refused(platform, "is not ready, nothing was changed")


@pytest.mark.long
def test_a_sealed_openbao_is_refused_saying_how_to_unseal(platform: Platform) -> None:
    # A static seal opens itself at each start, so only a server that was sealed while it runs stays sealed.
    operator_seal(platform.machine)
    try:
        refused(platform, "sealed", name=MANAGEMENT)
    finally:
        platform.machine.run("systemctl restart openbao")
    platform.deploy()


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"stripe_secret_key": "CHANGE_THIS_to_your_real_key"}, "(variable stripe_secret_key) is a placeholder"),
        ({"sendgrid_api_key": "short"}, "(variable sendgrid_api_key) has fewer than 16 characters"),
        ({"deploy_environment": "production"}, "deploy_environment is 'production', this inventory is 'demo'"),
        ({"deploy_observe": -1}, "deploy_observe is -1, allowed is: at least 0"),
        ({"deploy_skip_backups": True}, "deploy_skip_backups is unknown, did you mean deploy_skip_backup?"),
        ({"platform_services": []}, "platform_services has 0 entries"),
        ({"platform_secrets": [*SECRETS, TWILIO]}, "external/twilio was not given, and OpenBao does not have it"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_bad_input_is_refused_in_one_line_before_anything_changes(
    platform: Platform, variables: dict[str, Any], said: str
) -> None:
    result = platform.deploy(variables=variables, expect=2)
    assert said in result.output
    assert "CHANGE_THIS_to" not in result.output
    assert [task.name for task in result.changed] == []
