# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform's processes as their containers run them, with the machine's Python."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import httpx

from helpers import SOURCES, free_port, until


class Process:
    def __init__(self, service: str, module: str, directory: Path, secrets: dict[str, str]) -> None:
        self.directory = directory
        self.secrets = directory / "secrets"
        self.secrets.mkdir(parents=True)
        for name, value in secrets.items():
            self.set_secret(name, value)
        self.log = directory / "log"
        self.port = free_port()
        self._argv = [sys.executable, "-m", module]
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(SOURCES),
            "SERVICE": service,
            "APP_VERSION": "test",
            "SECRETS_DIR": str(self.secrets),
            "RUN_DIR": str(directory),
            "PORT": str(self.port),
            "DRAIN_SECONDS": "0",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def set_secret(self, name: str, value: str) -> None:
        (self.secrets / name).write_text(value)

    def start(self, **environment: str) -> Self:
        with self.log.open("ab") as log:
            # A session of its own, so that kill reaches the worker's children as well.
            self.process = subprocess.Popen(
                self._argv,
                env=self.environment | environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Another command of the same image: a probe, a migration, the import check."""
        return subprocess.run(
            [sys.executable, "-m", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def probe(self, name: str) -> bool:
        return self.command("platform_shared.probe", name).returncode == 0

    def send(self, number: int) -> None:
        assert self.process
        os.killpg(self.process.pid, number)

    def stop(self, number: int = signal.SIGTERM) -> int:
        if not self.process:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(30)
        finally:
            self.kill()

    def kill(self) -> None:
        """End what is left of the process and its children."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                self.send(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def log_lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line]


class Web(Process):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        # A new connection each time, as a load balancer's check makes one.
        fresh = httpx.Limits(max_keepalive_connections=0)
        base = f"http://127.0.0.1:{self.port}"
        self.http = httpx.Client(base_url=base, timeout=10, limits=fresh)

    def start(self, **environment: str) -> Self:
        super().start(**environment)
        until(lambda: self.status("/health/live") == 200, 20, "live", self.log)
        return self

    def kill(self) -> None:
        self.http.close()
        super().kill()

    def status(self, path: str) -> int | None:
        try:
            return self.http.get(path).status_code
        except httpx.TransportError:
            return None

    def until_ready(self) -> Self:
        until(lambda: self.status("/health/ready") == 200, 20, "ready", self.log)
        return self

    def ready(self) -> tuple[int, list[str], float]:
        began = time.monotonic()
        answer = self.http.get("/health/ready")
        return answer.status_code, answer.json()["failed_checks"], time.monotonic() - began
