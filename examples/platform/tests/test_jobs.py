# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs are carried out once each, whatever dies; and what is dead is noticed."""

import signal
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from conftest import Stack
from engines import tool
from helpers import PLATFORM, run, until
from services import Process, Web

DATABASE = "mgmt_platform"


@pytest.fixture
def empty(healthy: Stack) -> Stack:
    """No job and no heartbeat from before, neither as a row nor as a message."""
    healthy.postgres.sql("TRUNCATE jobs, job_results, scheduler_heartbeats", DATABASE)
    redis(healthy, "FLUSHALL")
    return healthy


@pytest.fixture
def worker(empty: Stack, process: Callable[..., Process]) -> Process:
    made = process("management_platform", "management_platform.worker")
    made.start()
    until(lambda: made.probe("worker"), 20, "the worker is healthy", made.log)
    return made


def redis(stack: Stack, *words: str) -> str:
    queue = stack.queue
    login = ("--tls", "--cacert", queue.certificates.ca, "-p", queue.port, "-n", 4)
    env = {"REDISCLI_AUTH": queue.password}
    return run(tool("redis-cli"), *login, "--user", "admin", *words, env=env).strip()


def enqueue(web: Web, **job: Any) -> str:
    answer = web.http.post("/api/v1/jobs", json=job)
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def count(web: Web) -> dict[str, int]:
    return web.http.get("/api/v1/jobs/count").json()


def until_done(web: Web, number: int, seconds: float, process: Process) -> dict[str, int]:
    return until(
        lambda: (found := count(web))["done"] == number and found,
        seconds,
        f"{number} jobs are done, not {count(web)}",
        process.log,
    )


def test_a_hundred_jobs_write_one_row_each(management: Web, worker: Process):
    ids = [str(uuid.uuid4()) for number in range(100)]
    with ThreadPoolExecutor(4) as callers:
        # Each is asked for twice, as by a caller that did not see the first answer.
        list(callers.map(lambda job_id: enqueue(management, id=job_id), ids + ids))
    counted = until_done(management, 100, 60, worker)
    assert (counted["count"], counted["results"]) == (100, 100)
    job = management.http.get(f"/api/v1/jobs/{ids[0]}").json()
    assert (job["status"], job["result"]["deliveries"]) == ("done", 1)


def test_a_killed_worker_loses_no_job(empty: Stack, management: Web, process: Callable[..., Process]):
    """What it had taken comes back after the visibility timeout, and counts once."""
    first, second = (process("management_platform", "management_platform.worker") for name in "12")
    fast = {"VISIBILITY_TIMEOUT_SECONDS": "301"}
    first.start(**fast)
    until(lambda: first.probe("worker"), 20, "the worker is healthy", first.log)
    for _number in range(6):
        enqueue(management, seconds=1)
    until(lambda: count(management)["done"] >= 1, 20, "the first job is done", first.log)
    first.send(signal.SIGKILL)
    # Nobody wants to wait five minutes here: pretend that they have passed.
    until(lambda: int(redis(empty, "ZCARD", "unacked_index")) > 0, 5, "jobs were taken")
    made_old = str(time.time() - 302)
    for tag in redis(empty, "ZRANGE", "unacked_index", "0", "-1").split():
        redis(empty, "ZADD", "unacked_index", made_old, tag)
    second.start(**fast)
    counted = until_done(management, 6, 60, second)
    assert counted["results"] == 6


def test_a_warm_stop_finishes_the_job_and_another_worker_takes_the_rest(
    management: Web, worker: Process, process: Callable[..., Process]
):
    for _number in range(8):
        enqueue(management, seconds=0.7)
    until(lambda: count(management)["done"] >= 1, 20, "the first job is done", worker.log)
    other = process("management_platform", "management_platform.worker")
    other.start()
    assert worker.stop() == 0
    counted = until_done(management, 8, 30, other)
    assert (counted["results"], counted["deliveries"]) == (8, 8)


def test_a_pool_process_that_dies_gives_its_job_back(management: Web, worker: Process):
    enqueue(management, seconds=3)
    assert worker.process
    pool = f"/proc/{worker.process.pid}/task/{worker.process.pid}/children"
    children = Path(pool).read_text().split()
    until(lambda: "run_job" in worker.log.read_text(), 10, "the job was received", worker.log)
    run("kill", "-KILL", *children)
    counted = until_done(management, 1, 30, worker)
    assert counted["results"] == 1
    assert worker.probe("worker")


def test_a_job_accepted_without_a_broker_is_published_later(
    empty: Stack, management: Web, process: Callable[..., Process]
):
    empty.queue.stop()
    began = time.monotonic()
    job = enqueue(management)
    assert time.monotonic() - began < 3
    assert management.http.get(f"/api/v1/jobs/{job}").json()["published_at"] is None
    empty.queue.start()
    for module in ("worker", "scheduler"):
        process("management_platform", f"management_platform.{module}").start()
    until(lambda: count(management)["done"] == 1, 60, "the job is done")


def test_a_database_that_is_away_delays_a_job_and_no_more(empty: Stack, management: Web, worker: Process):
    enqueue(management, seconds=2)
    until(lambda: "run_job" in worker.log.read_text(), 10, "the job was received", worker.log)
    empty.postgres.stop()
    until(lambda: "OperationalError" in worker.log.read_text(), 20, "the job failed once")
    empty.postgres.start()
    assert until_done(management, 1, 40, worker)["results"] == 1


def test_a_job_of_a_database_that_went_back_in_time_is_dropped(empty: Stack, management: Web, worker: Process):
    enqueue(management, seconds=1)
    waiting = enqueue(management, seconds=0)
    empty.postgres.sql("DELETE FROM job_results; DELETE FROM jobs", DATABASE)
    until(lambda: f'"job_id": "{waiting}"' in worker.log.read_text(), 10, "dropped", worker.log)
    assert worker.probe("worker")


@pytest.mark.parametrize("trouble", ["frozen", "broker", "cancelled"])
def test_a_dead_consumer_is_noticed(empty: Stack, worker: Process, trouble: str):
    control = ("celery", "-A", "management_platform.celery_app", "control", "-t", "3")
    if trouble == "frozen":
        worker.send(signal.SIGSTOP)
    elif trouble == "broker":
        empty.queue.stop()
    else:
        assert worker.command(*control, "cancel_consumer", "celery").returncode == 0
    until(lambda: not worker.probe("worker"), 25, f"unhealthy when {trouble}", worker.log)
    if trouble == "frozen":
        worker.send(signal.SIGCONT)
    elif trouble == "broker":
        empty.queue.start()
    else:
        assert worker.command(*control, "add_consumer", "celery").returncode == 0
    until(lambda: worker.probe("worker"), 40, "healthy again", worker.log)


def test_a_connected_worker_that_takes_no_job_is_noticed(
    empty: Stack, management: Web, process: Callable[..., Process]
):
    worker = process("management_platform", "deaf_worker")
    worker.environment["PYTHONPATH"] += f":{PLATFORM}/tests/broken"
    worker.start()
    until(lambda: worker.probe("worker"), 20, "healthy while no job waits", worker.log)
    enqueue(management)
    until(lambda: not worker.probe("worker"), 20, "unhealthy when a job waits", worker.log)
    assert "not consuming" in worker.log.read_text()


def test_the_scheduler_beats_and_a_worker_writes_it(
    empty: Stack, management: Web, worker: Process, process: Callable[..., Process]
):
    scheduler = process("management_platform", "management_platform.scheduler")
    assert not scheduler.probe("scheduler")
    scheduler.start()
    until(lambda: scheduler.probe("scheduler"), 30, "the scheduler is healthy", scheduler.log)

    def shown() -> dict[str, Any]:
        return management.http.get("/api/v1/scheduler").json()

    first = until(lambda: shown()["last_heartbeat"], 10, "a heartbeat is written", worker.log)
    assert datetime.fromisoformat(first).tzinfo
    until(lambda: shown()["last_heartbeat"] != first, 20, "a second one", worker.log)
    empty.queue.stop()
    until(lambda: not scheduler.probe("scheduler"), 40, "unhealthy without a broker")
    empty.queue.start()
    until(lambda: scheduler.probe("scheduler"), 40, "healthy again", scheduler.log)
    assert scheduler.stop() == 0
