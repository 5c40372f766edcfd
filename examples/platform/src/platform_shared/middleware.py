# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every request gets: an id, a metric, a log line, and HEAD where there is GET."""

import logging
import re
import time
import uuid
from typing import Any

from platform_shared import logs
from platform_shared.health import Health
from platform_shared.metrics import IN_PROGRESS, REQUESTS

log = logging.getLogger("access")

# An id from outside ends up in logs, so only harmless ones are taken over.
ACCEPTED_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")

# Asked every second by machines: worth a line only when something is wrong.
QUIET = ("/health", "/metrics")


class RequestObserver:
    """Pure ASGI, around the whole application, so that errors are observed as well."""

    def __init__(self, app: Any, health: Health) -> None:
        self.app = app
        self.health = health

    async def __call__(self, scope: dict, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request_id = _request_id(headers.get(b"x-request-id", b""))
        extra_headers = [(b"x-request-id", request_id.encode())]
        if self.health.draining:
            extra_headers.append((b"connection", b"close"))
        # The server drops the body of an answer to HEAD; the application need not know.
        inner = scope | {"method": "GET"} if scope["method"] == "HEAD" else dict(scope)
        status = 500

        async def send_observed(message: dict) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = message | {"headers": [*message["headers"], *extra_headers]}
            await send(message)

        token = logs.request_id.set(request_id)
        began = time.perf_counter()
        try:
            with IN_PROGRESS.track_inprogress():
                await self.app(inner, receive, send_observed)
        except Exception:
            # FastAPI has already sent the 500 and raises again for the server to log.
            log.exception("unhandled error")
        finally:
            _record(scope, inner, status, time.perf_counter() - began)
            logs.request_id.reset(token)


def _request_id(given: bytes) -> str:
    return given.decode() if ACCEPTED_ID.fullmatch(given) else uuid.uuid4().hex


def _record(scope: dict, inner: dict, status: int, seconds: float) -> None:
    # The route's template, not the path: a path with an id in it would be a new series each time.
    route = getattr(inner.get("route"), "path", "unmatched")
    REQUESTS.labels(scope["method"], route, str(status)).observe(seconds)
    quiet = scope["path"].startswith(QUIET) and status < 500
    fields = {
        "method": scope["method"],
        "path": scope["path"],
        "route": route,
        "status": status,
        "duration_ms": round(seconds * 1000, 2),
        "client": (scope.get("client") or ["unknown"])[0],
    }
    log.log(logging.DEBUG if quiet else logging.INFO, "request", extra={"fields": fields})
