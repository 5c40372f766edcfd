# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords and keys of the serving platform are replaced while clients ask it."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.data_services import CA_FILE, run_python
from ansible_collections.steward.platform.tests.support.platform import ISP, MANAGEMENT, Platform

pytestmark = pytest.mark.long

# What a person would try with the files of before: each URL of the services opens something, or says why not.
TRY = """
import psycopg2, redis
answer = {}
for name, url in given["urls"].items():
    url = url.replace("/run/platform/ca.pem", given["ca"])
    try:
        if url.startswith("postgresql"):
            psycopg2.connect(url.replace("postgresql+psycopg", "postgresql"), connect_timeout=5).close()
        else:
            redis.Redis.from_url(url).ping()
        answer[name] = "accepted"
    except (psycopg2.Error, redis.RedisError) as error:
        answer[name] = str(error)
"""
REFUSALS = ("password authentication failed", "invalid username-password pair")
RENDERED = """
import json, pathlib
print(json.dumps({str(p.relative_to("/run/dotmac/secrets")): p.read_text()
                  for p in pathlib.Path("/run/dotmac/secrets").glob("*/*")}))
"""


def rotate(platform: Platform, expect: int = 0, **asked: Any) -> Any:
    return platform.run("rotate_credentials", variables={"confirm": "dotmac", **asked}, expect=expect)


def rendered(platform: Platform) -> dict[str, str]:
    return dict(json.loads(platform.machine.run(["python3", "-c", RENDERED]).stdout))


def tried(platform: Platform, files: dict[str, str]) -> dict[str, str]:
    urls = {name: text for name, text in files.items() if text.startswith(("postgresql", "rediss"))}
    assert len(urls) >= 10
    return dict(run_python(platform.machine, TRY, urls=urls, ca=CA_FILE))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"service": "isp"}, "service is 'isp', allowed is one of: isp-framework,"),
        ({"credential": "database/isp"}, "credential database/isp is unknown, did you mean database/isp-framework?"),
        ({"credential": "external/stripe"}, "Give its new value in the variable stripe_secret_key and deploy."),
        ({"confirm": "other"}, "confirm is 'other', allowed is: dotmac. Nothing was changed."),
    ],
    ids=["unknown service", "unknown credential", "from outside", "not confirmed"],
)
def test_bad_input_changes_nothing(platform: Platform, asked: dict[str, str], said: str) -> None:
    before, files = platform.current()["id"], rendered(platform)
    assert said in rotate(platform, expect=2, **asked).output
    assert (platform.current()["id"], rendered(platform)) == (before, files)


def test_check_mode_shows_the_plan_and_changes_nothing(platform: Platform) -> None:
    before, files = platform.current()["id"], rendered(platform)
    shown = platform.run("rotate_credentials", check=True)
    assert "database/isp-framework: a new password on the other role of the pair" in shown.output
    assert "not rotated here: external/stripe, give stripe_secret_key and deploy" in shown.output
    assert (platform.current()["id"], rendered(platform)) == (before, files)
    assert tried(platform, files) == dict.fromkeys(tried(platform, files), "accepted")


def test_everything_generated_is_replaced_without_a_failed_request(platform: Platform) -> None:
    before, release = rendered(platform), platform.current()["id"]
    with ExitStack() as stack:
        watches = [
            stack.enter_context(platform.watched(name, path))
            for name, path in (
                (ISP, "/version"),
                (ISP, "/health/ready"),
                (ISP, "/api/v1/customers/count"),
                (MANAGEMENT, "/api/v1/jobs/count"),
            )
        ]
        result = rotate(platform)
    assert [watch.failures for watch in watches] == [[], [], [], []]
    assert all(watch.answers > 50 for watch in watches)
    after = rendered(platform)
    assert after.keys() == before.keys()
    kept = {name for name in before if before[name] == after[name]}
    assert {name.split("/")[1] for name in kept} == {"STRIPE_SECRET_KEY", "SENDGRID_API_KEY"}
    answers = tried(platform, before)
    assert [name for name, said in answers.items() if not any(text in said for text in REFUSALS)] == []
    assert set(tried(platform, after).values()) == {"accepted"}
    record = platform.current()
    assert record["origin"] == {"kind": "rotation", "release": release}
    assert all(
        text.rpartition("@")[0].rpartition(":")[2] not in result.output for text in before.values() if "@" in text
    )


def test_a_deploy_afterwards_changes_nothing(platform: Platform) -> None:
    assert [task.name for task in platform.site(diff=True).changed] == []


def test_one_credential_goes_back_to_the_first_of_its_pair(platform: Platform) -> None:
    before = rendered(platform)
    with platform.watched(ISP, "/api/v1/customers/count") as watch:
        rotate(platform, credential="database/isp-framework")
    assert watch.failures == []
    after = rendered(platform)
    assert [name for name in before if before[name] != after[name]] == ["isp-framework/DATABASE_URL"]
    assert "//isp_framework_b:" in before["isp-framework/DATABASE_URL"]
    assert "//isp_framework:" in after["isp-framework/DATABASE_URL"]
    said = tried(platform, before)
    assert "password authentication failed" in said.pop("isp-framework/DATABASE_URL")
    assert set(said.values()) == {"accepted"}
    assert [task.name for task in platform.deploy().changed] == []
