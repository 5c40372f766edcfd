# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Health tells the truth: every dependency is stopped in turn, and frozen."""

from collections.abc import Callable

import pytest

from conftest import Stack
from helpers import until
from services import Process, Web

BOTH = ("isp_framework", "management_platform")
# Which engine is away -> which checks fail, by service.
OUTAGES = [
    ("isp_framework", "postgres", ["database", "migration"]),
    ("isp_framework", "cache", ["cache"]),
    ("isp_framework", "queue", []),
    ("management_platform", "postgres", ["database", "migration"]),
    ("management_platform", "cache", ["cache"]),
    ("management_platform", "queue", ["broker"]),
]


@pytest.mark.parametrize("service", BOTH)
@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/health/startup", "/health"])
def test_every_endpoint_answers_get_and_head(webs: dict[str, Web], service: str, path: str):
    until(lambda: webs[service].status("/health/startup") == 200, 10, "started")
    answer = webs[service].http.get(path)
    assert answer.status_code == 200
    assert answer.json()["service"] == service
    assert answer.json()["version"] == "test"
    head = webs[service].http.head(path)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("service", BOTH)
def test_ready_shows_the_latency_of_each_check(webs: dict[str, Web], service: str):
    checks = webs[service].http.get("/health/ready").json()["checks"]
    expected = {"database", "cache", "migration", "secrets"}
    if service == "management_platform":
        expected |= {"broker"}
    assert set(checks) == expected
    assert all(check["status"] == "ok" for check in checks.values())
    assert all(0 <= check["latency_ms"] < 1500 for check in checks.values())


@pytest.mark.parametrize(("service", "engine", "failed"), OUTAGES)
def test_ready_names_what_is_stopped_and_live_goes_on(
    healthy: Stack, webs: dict[str, Web], service: str, engine: str, failed: list[str]
):
    web = webs[service]
    getattr(healthy, engine).stop()
    code, named, seconds = web.ready()
    assert (code, named) == (503 if failed else 200, failed)
    assert seconds < 2
    assert web.status("/health") == code
    assert web.status("/health/live") == 200
    assert web.status("/health/startup") == 200
    assert web.status("/metrics") == 200
    getattr(healthy, engine).start()
    web.until_ready()


@pytest.mark.parametrize(("service", "engine", "failed"), [row for row in OUTAGES if row[2]])
def test_ready_answers_in_time_when_a_dependency_hangs(
    healthy: Stack, webs: dict[str, Web], service: str, engine: str, failed: list[str]
):
    web = webs[service]
    getattr(healthy, engine).freeze()
    try:
        code, named, seconds = web.ready()
        assert (code, named) == (503, failed)
        assert seconds < 2
        assert web.status("/health/live") == 200
    finally:
        getattr(healthy, engine).thaw()
    web.until_ready()


@pytest.mark.parametrize("content", [None, " \n"], ids=("missing", "empty"))
def test_a_secret_that_cannot_be_used_is_named_in_the_log_only(isp: Web, content: str | None):
    secret = isp.secrets / "JWT_SECRET_KEY"
    value = secret.read_text()
    secret.unlink()
    if content is not None:
        secret.write_text(content)
    try:
        answer = isp.http.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json()["failed_checks"] == ["secrets"]
        assert "JWT_SECRET_KEY" not in answer.text
        warning = isp.log_lines()[-2]
        assert warning["check"] == "secrets"
        assert "JWT_SECRET_KEY" in warning["error"]
    finally:
        secret.write_text(value)
    assert isp.ready()[:2] == (200, [])


@pytest.mark.parametrize(("revision", "verdict"), [("0001", (503, ["migration"])), ("0003", (200, []))])
def test_an_older_schema_is_not_ready_and_a_newer_one_is(
    healthy: Stack, isp: Web, revision: str, verdict: tuple[int, list[str]]
):
    def is_at(number: str) -> None:
        healthy.postgres.sql(f"UPDATE alembic_version SET version_num = '{number}'", "dotmac_isp")

    is_at(revision)
    try:
        assert isp.ready()[:2] == verdict
    finally:
        is_at("0002")
    assert isp.ready()[:2] == (200, [])


def test_a_read_only_database_is_not_ready(healthy: Stack, process: Callable[..., Process]):
    name = "dotmac_isp"
    healthy.postgres.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    try:
        web = process("isp_framework", "platform_shared.server", Web).start()
        assert web.ready()[:2] == (503, ["database"])
    finally:
        healthy.postgres.sql(f"ALTER DATABASE {name} RESET default_transaction_read_only")


def test_started_before_its_database_it_waits_and_then_serves(healthy: Stack, process: Callable[..., Process]):
    healthy.postgres.stop()
    web = process("isp_framework", "platform_shared.server", Web).start()
    answer = web.http.get("/health/startup")
    assert (answer.status_code, answer.json()["status"]) == (503, "starting")
    healthy.postgres.start()
    until(lambda: web.status("/health/startup") == 200, 10, "started")
    assert web.http.get("/health/startup").json()["startup_duration"] > 0
    web.until_ready()


def test_a_rotated_password_is_picked_up_without_a_restart(healthy: Stack, process: Callable[..., Process]):
    sql = healthy.postgres.sql
    sql("CREATE ROLE rotated LOGIN SUPERUSER PASSWORD 'before-rotation'")
    web = process("isp_framework", "platform_shared.server", Web)
    web.set_secret("DATABASE_URL", healthy.postgres.url("dotmac_isp", "rotated", "before-rotation"))
    web.start().until_ready()
    sql("ALTER ROLE rotated PASSWORD 'after-rotation'")
    web.set_secret("DATABASE_URL", healthy.postgres.url("dotmac_isp", "rotated", "after-rotation"))
    sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'rotated'")
    assert web.ready()[:2] == (200, [])
    assert web.status("/api/v1/customers/count") == 200


def test_probe_command_agrees_with_the_endpoint(healthy: Stack, isp: Web):
    assert isp.probe("ready")
    assert isp.probe("live")
    assert isp.probe("startup")
    healthy.cache.stop()
    assert not isp.probe("ready")
    assert isp.probe("live")
    unknown = isp.command("platform_shared.probe", "nonsense")
    assert unknown.returncode == 2
    assert "nonsense" in unknown.stdout


def test_unknown_path_is_404(isp: Web):
    assert isp.status("/health/nonsense") == 404
