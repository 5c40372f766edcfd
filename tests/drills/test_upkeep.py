# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judging what serves, and updating the host under it, while a client asks all the time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.apt_repository import UNIT, AptRepository
from ansible_collections.steward.platform.tests.support.machines import poll
from ansible_collections.steward.platform.tests.support.platform import ISP, Platform

LEASE = "/var/lib/steward/dotmac.lease.json"
ENGINES = "systemctl show --property=MainPID --value docker haproxy nginx postgresql@17-main redis-server@queue"
# Whatever Debian has pending that day: these updates are not to reboot.
QUIET = {"update_reboot": "false"}
CONTAINERS = "docker ps --no-trunc --quiet | sort"


def validated(platform: Platform, *checks: str) -> tuple[int, dict[str, Any]]:
    """What the command says on the host, with its exit code."""
    done = platform.machine.run(["steward", "validate", *checks, "--json"], check=False)
    return done.returncode, json.loads(done.stdout)


def findings(report: dict[str, Any]) -> dict[str, str]:
    return {
        row["name"]: row["message"] for rows in report["checks"].values() for row in rows if row["status"] == "fail"
    }


def test_what_serves_is_found_good_and_is_not_touched(platform: Platform) -> None:
    before = platform.machine.run(CONTAINERS).stdout
    result = platform.run("validate")
    assert result.result("Validate | Look at what serves")["status"] == "pass"
    assert [task.name for task in result.changed] == []
    assert platform.machine.run(CONTAINERS).stdout == before
    assert platform.machine.run("test ! -e /run/dotmac/validate").returncode == 0
    assert validated(platform, "environment", "containers")[0] == 0
    refused = platform.run("validate", variables={"validate": "import"}, expect=2)
    assert "'import' is unknown, did you mean imports?" in refused.failed[0].result["msg"]


@pytest.mark.long
def test_a_stray_a_missing_secret_and_a_dead_replica_are_each_found_and_a_deploy_mends_them(platform: Platform) -> None:
    run = platform.machine.run
    replica = f"{platform.current()['services']['isp-framework']['project']}-2"
    image = platform.current()["services"]["isp-framework"]["image_id"]
    secret = "/run/dotmac/secrets/mgmt-celery-beat/SECRET_KEY"
    run(f"docker run -d --name stray --label steward.platform=dotmac --entrypoint sleep {image} 600")
    code, report = validated(platform, "containers")
    assert (code, findings(report)) == (1, {"stray": "it runs and the ledger does not know it"})
    run("docker rm -f stray")

    key = run(f"cat {secret}").stdout
    run(f"rm {secret}")
    code, report = validated(platform, "environment")
    assert (code, findings(report)) == (1, {"SECRET_KEY": "the secret file is missing"})
    run(f"printf change-me-change-me-change-me-change-me > {secret}; chown 10001:10001 {secret}; chmod 0400 {secret}")
    assert findings(validated(platform)[1]) == {"SECRET_KEY": "the secret file is a placeholder"}
    run("systemctl restart dotmac-secrets")
    assert run(f"cat {secret}").stdout == key

    run(f"docker kill {replica}")
    failed = platform.run("validate", variables={"validate": "containers"}, expect=2)
    assert any(f"isp-framework: containers: {replica}: it is exited" in line for line in failed.failed[0].result["msg"])
    platform.deploy()
    code, report = validated(platform)
    assert (code, findings(report)) == (0, {})


@pytest.fixture
def repository(platform: Platform) -> Iterator[AptRepository]:
    """An up-to-date host, but for a package of ours with a service that uses it."""
    platform.machine.run("apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy dist-upgrade", timeout=300)
    offered = AptRepository(platform.machine)
    offered.offer("steward-test", "1")
    offered.install("steward-test", "1")
    offered.use()
    offered.offer("steward-test", "2")
    yield offered
    offered.remove()


@pytest.mark.long
def test_an_update_is_shown_then_done_and_no_request_fails(platform: Platform, repository: AptRepository) -> None:
    # The host's own services took Debian's updates over at their own pace; what is left of them is not this update's.
    platform.run("update_system", variables={"update_restart": "all", **QUIET})
    repository.offer("steward-test", "3")
    before = platform.machine.run(f"{ENGINES}; {CONTAINERS}").stdout

    shown = platform.run("update_system", variables={"update_dry_run": True, **QUIET})
    planned = shown.result("Plan | See what there is to update")
    assert [(row["name"], row["to"]) for row in planned["packages"]] == [("steward-test", "3")]
    assert planned["restarts"] == [UNIT]
    assert [task.name for task in shown.changed] == []
    checked = platform.run("update_system", check=True, diff=True, variables=QUIET)
    assert len(checked.changed) == 1
    assert repository.versions() == {"steward-test": "2"}

    with platform.watched() as watch:
        platform.run("update_system", variables=QUIET)
    assert (watch.failures, watch.answers > 0) == ([], True)
    assert repository.versions() == {"steward-test": "3"}
    assert platform.machine.run(f"{ENGINES}; {CONTAINERS}").stdout == before
    assert [task.name for task in platform.run("update_system", variables=QUIET).changed] == []
    assert platform.machine.run(f"test -e {LEASE}", check=False).returncode == 1, "the lease was left behind"


@pytest.mark.long
def test_a_host_that_does_not_become_healthy_stops_the_update(platform: Platform, repository: AptRepository) -> None:
    platform.run("update_system", variables={"update_restart": "none", **QUIET})
    repository.use(when_stopped="/usr/bin/systemctl stop redis-server@queue")
    repository.offer("steward-test", "4")
    failed = platform.run("update_system", variables={"update_gate_timeout": 10, **QUIET}, expect=2)
    message = str(failed.failed[-1].result["msg"])
    assert "the update stopped at host demo" in message
    assert "redis queue" in message
    assert platform.machine.run(f"test -e {LEASE}", check=False).returncode == 1, "the lease was left behind"
    assert json.loads(platform.machine.run("tail -n 1 /var/log/steward/updates.jsonl").stdout)["outcome"] == "failed"

    refused = platform.run("update_system", variables=QUIET, expect=2)
    message = str(refused.failed[-1].result["msg"])
    assert "demo is not healthy, steward status says: " in message
    assert "redis queue: " in message
    assert [task.name for task in refused.changed] == []
    platform.machine.run("systemctl start redis-server@queue")
    poll(lambda: platform.machine.run("steward status", check=False).returncode in (0, 4), seconds=60)


@pytest.mark.long
def test_a_host_that_is_to_reboot_comes_back_and_serves(platform: Platform, repository: AptRepository) -> None:
    began = "systemctl show --property=UserspaceTimestampMonotonic --value"
    before = platform.machine.run(began).stdout
    platform.run("update_system", variables={"update_reboot": "true"})
    assert platform.machine.run(began).stdout != before
    assert platform.ask(ISP, "/health/ready").status == 200
    assert json.loads(platform.machine.run("cat /var/lib/steward/system-update.json").stdout)["rebooted"] is True


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"update_reboot": "maybe"}, "update_reboot is 'maybe', allowed is one of: true, false, when_needed"),
        ({"update_restarts": "all"}, "update_restarts is unknown, did you mean update_restart?"),
    ],
    ids=["value", "name"],
)
def test_bad_options_of_an_update_are_refused_in_one_line(
    platform: Platform, variables: dict[str, str], said: str
) -> None:
    refused = platform.run("update_system", variables=variables, expect=2)
    assert said in refused.output
    assert [task.name for task in refused.changed] == []
