# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Going back to an earlier release while requests arrive, and refusing what would not work."""

from __future__ import annotations

import json
import time

import pytest

from ansible_collections.steward.platform.tests.support.platform import ISP, Platform


def version(platform: Platform) -> str:
    return str(platform.ask(ISP, "/version").json()["version"])


@pytest.fixture(scope="module")
def older(platform: Platform) -> str:
    """Id of the release over which a newer one is deployed."""
    before = str(platform.current()["id"])
    assert version(platform) != "3.1.0"
    platform.deploy(variables={"demo_version": "3.1.0"})
    assert version(platform) == "3.1.0"
    return before


def test_the_releases_are_shown_with_what_one_needs_to_choose(platform: Platform, older: str) -> None:
    shown = platform.rollback(variables={"rollback_list": True})
    assert [task.name for task in shown.changed] == []
    rows = {row["id"]: row for row in shown.result("Ledger | Read the releases")["releases"]}
    assert rows[older]["state"] == "retired"
    assert rows[older]["complete"]
    assert rows[older]["schema"]["isp-framework"]
    assert older in shown.output


def test_without_the_right_confirmation_nothing_happens(platform: Platform, older: str) -> None:
    refused = platform.rollback(variables={"confirm": "20000101_000000"}, expect=2)
    assert f"confirm is '20000101_000000', allowed is: {older}" in refused.output
    assert version(platform) == "3.1.0"


def test_a_release_whose_image_is_gone_is_refused_before_anything_stops(platform: Platform, older: str) -> None:
    path = f"/opt/dotmac/releases/{older}/release.json"
    kept = platform.machine.run(["cat", path]).stdout
    record = json.loads(kept)
    # The image itself is in use by the containers of that release, so the ledger asks for one that is not there.
    record["services"]["isp-framework"]["image_id"] = "sha256:" + "0" * 64
    platform.machine.run(f"cat > {path}", input=json.dumps(record))
    try:
        refused = platform.rollback(variables={"rollback_to": older, "confirm": older}, expect=2)
    finally:
        platform.machine.run(f"cat > {path}", input=kept)
    assert "of isp-framework is no longer on this host" in refused.output
    assert version(platform) == "3.1.0"


def test_the_platform_goes_back_without_losing_a_request(platform: Platform, older: str) -> None:
    left = platform.current()["id"]
    with platform.watched() as watch:
        platform.rollback(variables={"confirm": older})
    assert watch.failures == []
    assert version(platform) != "3.1.0"
    serving = platform.current()
    assert (serving["state"], serving["previous"]) == ("serving", left)
    assert serving["origin"] == {"kind": "rollback", "release": older}
    record = json.loads(platform.machine.run(f"cat /opt/dotmac/releases/{left}/release.json").stdout)
    assert record["state"] == "rolled_back"
    words = json.loads(platform.machine.run(f"cat /opt/dotmac/releases/{left}/last-words.json").stdout)
    assert any(words.values())
    for slot in record["services"].values():
        kept = platform.machine.run(f"docker ps -aq --filter name={slot['project']}").stdout.split()
        assert kept, "the containers that were left are kept to be looked at"


def bookings_columns(platform: Platform) -> list[str]:
    asked = "SELECT column_name FROM information_schema.columns WHERE table_name = 'bookings' ORDER BY 1"
    return platform.machine.run(["runuser", "-u", "postgres", "--", "psql", "-Atc", asked, "dotmac_isp"]).stdout.split()


def container_events(platform: Platform, since: float) -> str:
    """What happened to containers since a moment, but for the short ones that were asked something."""
    filters = [
        "--filter",
        "type=container",
        "--filter",
        "event=stop",
        "--filter",
        "event=kill",
        "--filter",
        "event=start",
    ]
    until = str(int(time.time()) + 1)
    said = platform.machine.run(["docker", "events", "--since", str(int(since)), "--until", until, *filters]).stdout
    return "\n".join(line for line in said.splitlines() if "com.docker.compose.oneoff=True" not in line)


@pytest.mark.long
def test_a_schema_goes_back_only_when_asked_and_after_a_trial(platform: Platform) -> None:
    older, before = platform.current()["id"], version(platform)
    asked = {"rollback_to": older, "confirm": older}
    kept = int(platform.ask(ISP, "/api/v1/bookings/count").json()["count"])
    platform.deploy(variables={"demo_version": "4.0.0", "demo_fault": "newer-schema"})
    assert "note" in bookings_columns(platform)
    began = time.time()
    refused = platform.rollback(variables=asked, expect=2)
    assert f"the database of isp-framework is at 0003, release {older} works with 0002" in refused.output
    assert "rollback_schema=downgrade migrates it back, after trying that on a copy" in refused.output
    refused = platform.rollback(variables={**asked, "restore_database": True}, expect=2)
    assert "restore_database is true, release" in refused.output
    assert container_events(platform, began) == ""
    assert version(platform) == "4.0.0"

    back = platform.rollback(variables={**asked, "rollback_schema": "downgrade"})
    assert back.result("Schema | Try it")["tried"] == ["isp-framework"]
    assert "What the newer schema holds beyond the older one is lost" in back.output
    assert version(platform) == before
    assert "note" not in bookings_columns(platform)
    assert int(platform.ask(ISP, "/api/v1/bookings/count").json()["count"]) == kept
    databases = platform.machine.run(
        ["runuser", "-u", "postgres", "--", "psql", "-Atc", "SELECT datname FROM pg_database"]
    )
    assert "steward_scratch" not in databases.stdout
    assert platform.deploy(check=True, variables={"demo_version": before}).failed == ()
