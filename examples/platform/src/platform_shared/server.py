# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m platform_shared.server`: the web process."""

import importlib
import threading
from types import FrameType

import uvicorn

from platform_shared import logs
from platform_shared.health import Health
from platform_shared.settings import settings


class DrainingServer(uvicorn.Server):
    """On SIGTERM `ready` says 503 first, so that a load balancer looks away, while requests are
    still answered; DRAIN_SECONDS later the port closes and the requests under way are finished.
    A second signal closes at once."""

    def __init__(self, config: uvicorn.Config, health: Health) -> None:
        super().__init__(config)
        self._health = health

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        delay = 0 if self._health.draining else settings.drain_seconds
        self._health.draining = True
        timer = threading.Timer(delay, super().handle_exit, (sig, frame))
        timer.daemon = True
        timer.start()


def main() -> None:
    logs.configure()
    app = importlib.import_module(f"{settings.service}.app").app
    config = uvicorn.Config(
        app,
        host="0.0.0.0",
        port=settings.port,
        log_config=None,
        server_header=False,
        # Longer than any client's: the side that closes an idle connection first loses the race
        # with a request already on its way.
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=settings.graceful_seconds,
    )
    DrainingServer(config, app.health).run()


if __name__ == "__main__":
    main()
