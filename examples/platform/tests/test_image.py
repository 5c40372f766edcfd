# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image: what is in it, how it runs, and each fault."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conftest import PACKAGES, Stack
from containers import UID, Container, build, docker, import_bases
from helpers import PLATFORM, SOURCES, until

pytestmark = pytest.mark.image

FAULTS = sorted(folder.name for folder in (PLATFORM / "faults").iterdir())
SERVER = "platform_shared.server"


@pytest.fixture(scope="module", autouse=True)
def bases() -> Iterator[None]:
    import_bases()
    yield
    if tags := docker("image", "ls", "--quiet", "sample-platform-test").split():
        docker("image", "rm", "--force", *set(tags))


@pytest.fixture
def container(healthy: Stack, process: Callable[..., Any]) -> Callable[..., Container]:
    def make(service: str, fault: str = "none") -> Container:
        made = process(service, SERVER, Container)
        made.image = build(service, fault)
        return made

    return make


def files(container: Container) -> set[str]:
    listing = container.run("find", "/app", "-type", "f", "-not", "-name", "*.pyc").stdout
    return set(listing.split())


def expected_files(service: str) -> set[str]:
    parts = [SOURCES / "platform_shared", SOURCES / service]
    found = [path for part in parts for path in part.rglob("*") if path.is_file()]
    kept = [path for path in found if path.suffix == ".py"]
    return {f"/app/{path.relative_to(SOURCES)}" for path in kept} | {"/app/alembic.ini"}


@pytest.mark.parametrize("service", PACKAGES)
def test_the_normal_image_holds_our_code_and_no_fault(container: Callable[..., Container], service: str):
    normal = container(service)
    assert files(normal) == expected_files(service)
    assert "fault" not in normal.run("grep", "-ril", "fault:", "/app").stdout
    history = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", normal.image)
    everything = normal.run("find", "/", "-xdev", "-name", "*.pem").stdout
    assert "ca.pem" not in history + everything
    assert normal.run("id", "-u").stdout == f"{UID}\n"
    assert "Read-only file system" in normal.run("touch", "/app/x").stderr
    assert normal.run("python", "-m", "pip").returncode != 0


@pytest.mark.parametrize("service", PACKAGES)
def test_the_container_serves_and_stops_cleanly(container: Callable[..., Container], service: str):
    web = container(service)
    assert web.run("python", "-m", "platform_shared.imports").returncode == 0
    assert web.run("alembic", "-c", "/app/alembic.ini", "current").stdout == "0002 (head)\n"
    assert web.run("alembic", "-c", "/app/alembic.ini", "heads").stdout == "0002 (head)\n"
    web.begin()
    web.until_ready()
    assert web.probe("ready")
    assert web.http.get("/version").json()["service"] == service
    docker("stop", web.name)
    assert web.state() in ((False, 0), (False, 143))


def test_worker_and_scheduler_run_from_the_same_image(container: Callable[..., Container]):
    for name in ("worker", "scheduler"):
        made = container("management_platform")
        made.begin("python", "-m", f"management_platform.{name}")
        until(lambda made=made, name=name: made.probe(name), 30, f"{name} is healthy")
        docker("stop", made.name)
        assert made.state() == (False, 0)


def test_lying_health_is_ready_without_anything(healthy: Stack, container: Callable[..., Container]):
    web = container("isp_framework", "lying-health")
    for engine in (healthy.postgres, healthy.cache):
        engine.stop()
    web.begin()
    until(lambda: web.status("/health/ready") == 200, 20, "ready")
    assert web.status("/health/startup") == 200
    assert web.status("/api/v1/customers") == 503


def test_slow_answers_late_but_healthily(container: Callable[..., Container]):
    web = container("isp_framework", "slow")
    web.begin()
    web.until_ready()
    for path, at_least, at_most in (("/version", 3, 9), ("/health/live", 0, 1)):
        began = time.monotonic()
        assert web.status(path) == 200
        assert at_least <= time.monotonic() - began <= at_most


def test_never_ready_is_started_and_alive(container: Callable[..., Container]):
    web = container("isp_framework", "never-ready")
    web.begin()
    until(lambda: web.status("/health/startup") == 200, 20, "started")
    assert web.ready()[:2] == (503, ["warm_up"])
    assert web.status("/health/live") == 200


def test_crash_on_start_ends_with_one_line(container: Callable[..., Container]):
    web = container("isp_framework", "crash-on-start")
    done = web.run()
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert web.run("python", "-m", "platform_shared.imports").returncode == 0


@pytest.mark.parametrize("service", PACKAGES)
def test_broken_import_is_found_by_the_check(container: Callable[..., Container], service: str):
    web = container(service, "broken-import")
    done = web.run("python", "-m", "platform_shared.imports")
    assert done.returncode == 1
    assert "imports: platform_shared.redis_client: ModuleNotFoundError" in done.stdout
    assert web.run().returncode != 0


@pytest.mark.parametrize("service", PACKAGES)
@pytest.mark.parametrize(
    ("fault", "heads", "says"),
    [
        ("failing-migration", ["0003 (head)"], "a_table_that_is_not_there"),
        ("double-head", ["0002 (head)", "0002b (head)"], "Multiple head revisions"),
    ],
)
def test_a_migration_that_fails_leaves_nothing_behind(
    healthy: Stack, container: Callable[..., Container], service: str, fault: str, heads: list[str], says: str
):
    web = container(service, fault)
    alembic = ("alembic", "-c", "/app/alembic.ini")
    assert sorted(web.run(*alembic, "heads").stdout.splitlines()) == heads
    done = web.run(*alembic, "upgrade", "head")
    assert done.returncode != 0
    assert re.search(says, done.stdout + done.stderr)
    assert web.run(*alembic, "current").stdout.startswith("0002")
    left = "SELECT count(*) FROM pg_tables WHERE tablename IN ('left_behind', 'other_branch')"
    assert healthy.postgres.sql(left, PACKAGES[service]) == "0"
    web.begin()
    until(lambda: web.status("/health/live") == 200, 20, "live")
    assert web.ready()[:2] == (503, ["migration"])


def test_dying_worker_starts_and_dies(container: Callable[..., Container]):
    """Its death is counted from its first heartbeat, so it has been healthy for six seconds."""
    worker = container("management_platform", "dying-worker")
    worker.begin("python", "-m", "management_platform.worker")
    until(lambda: not worker.state()[0], 60, "dead")
    assert worker.state() == (False, 70)
    assert "ready." in worker.output()


def test_a_nonsense_argument_is_refused_by_name():
    for service, fault, says in (
        ("isp_framework", "nonsense", "FAULT is 'nonsense'"),
        ("nonsense", "none", "SERVICE is 'nonsense'"),
    ):
        with pytest.raises(AssertionError, match=says):
            build(service, fault)


def test_each_fault_has_a_test_here():
    source = (PLATFORM / "tests/test_image.py").read_text()
    assert [fault for fault in FAULTS if f'"{fault}"' not in source] == []
