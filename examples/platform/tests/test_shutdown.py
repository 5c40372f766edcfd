# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGTERM ends a web process without losing a request."""

import signal
import threading
from collections.abc import Callable

import httpx

from conftest import Stack
from helpers import is_open, until
from services import Process, Web

CLEAN = (0, -signal.SIGTERM)  # uvicorn ends itself with the signal it was given


def test_ready_goes_first_and_requests_are_still_answered(healthy: Stack, process: Callable[..., Process]):
    web = process("isp_framework", "platform_shared.server", Web)
    web.start(DRAIN_SECONDS="2").until_ready()
    assert web.process
    web.process.send_signal(signal.SIGTERM)
    until(lambda: web.status("/health/ready") == 503, 1, "not ready any more")
    answer = web.http.get("/health/ready")
    assert answer.json()["failed_checks"] == ["draining"]
    assert answer.headers["connection"] == "close"
    assert web.status("/health/live") == 200
    assert web.status("/api/v1/customers/count") == 200
    assert web.process.wait(10) in CLEAN


def test_a_request_under_way_is_finished(healthy: Stack, process: Callable[..., Process]):
    """The request waits for a lock that is held while the signal comes."""
    web = process("isp_framework", "platform_shared.server", Web).start().until_ready()
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'isp_framework'"
    )
    answers: list[httpx.Response] = []
    request = threading.Thread(target=lambda: answers.append(web.http.get("/api/v1/customers/count")))
    assert web.process
    with healthy.postgres.locked("customers", "dotmac_isp"):
        request.start()
        until(lambda: healthy.postgres.sql(waiting) == "1", 5, "the request waits")
        web.process.send_signal(signal.SIGTERM)
        until(lambda: not is_open(web.port), 5, "the port is closed")
    request.join()
    assert answers[0].status_code == 200
    assert web.process.wait(15) in CLEAN


def test_a_second_signal_does_not_wait(healthy: Stack, process: Callable[..., Process]):
    web = process("isp_framework", "platform_shared.server", Web)
    web.start(DRAIN_SECONDS="60").until_ready()
    assert web.process
    web.process.send_signal(signal.SIGTERM)
    until(lambda: web.status("/health/ready") == 503, 1, "draining")
    web.process.send_signal(signal.SIGTERM)
    assert web.process.wait(10) in CLEAN
