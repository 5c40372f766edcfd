# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Constant load on a platform while a block runs, from clients that are a network's latency away.

``with load(platform, "deploy") as run: platform.deploy(…)``; once the block has ended ``run.figures`` has the numbers.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

from ..machines import poll
from ..paths import tool
from ..platform import ISP, MANAGEMENT, Platform
from .figures import Figures, Line, Seen, Stored, parse_lines, parse_summary

HERE = Path(__file__).parent
# What makes Go's client, and so k6, speak each of them.
PROTOCOLS = {"HTTP/1.1": "http2client=0", "HTTP/2.0": ""}
# Each of script.js's clients asks when its turn comes, unless it has asked within the last 2 s.
SECONDS_TO_LEARN_THE_END = 3
# Longer than script.js waits for an answer.
SECONDS_TO_END = 90
# For the worker to work off what is in the queue.
SECONDS_FOR_JOBS = 120
STORED = {
    "dotmac_isp": "SELECT count(*), count(*) - count(DISTINCT plan) FROM bookings WHERE starts_with(plan, '{run} ')",
    "mgmt_platform": (
        "SELECT count(*), count(r.job_id), count(*) FILTER (WHERE r.deliveries > 1)"
        " FROM jobs AS j LEFT JOIN job_results AS r ON r.job_id = j.id AND j.status = 'done' WHERE j.kind = '{run}'"
    ),
}


class Run:
    """A load under way; it has ``figures`` when it has ended."""

    figures: Figures

    def __init__(self, platform: Platform, folder: Path) -> None:
        self.name = f"load-{uuid.uuid4().hex[:12]}"
        self.platform, self.folder = platform, folder

    def versions(self, *, since: float = 0) -> Counter[str]:
        """How often each version of the service answered since a ``time.time()``."""
        return Counter(line.version for line in self.lines() if line.version and line.at >= since)

    def lines(self) -> list[Line]:
        """What the clients have said so far, by time."""
        said = [line for log in self.folder.glob("*.log") for line in parse_lines(log.read_text().splitlines())]
        return sorted(said, key=lambda line: line.at)

    def stored(self) -> Stored:
        """The load's rows."""
        counted: list[int] = []
        for database, query in STORED.items():
            argv = ["runuser", "-u", "postgres", "--", "psql", "-XAt", "-F,", "-d", database, "-c"]
            rows = self.platform.machine.run([*argv, query.format(run=self.name)]).stdout
            counted += [int(number) for number in rows.strip().split(",")]
        return Stored(*counted)

    def complete(self, title: str, seen: dict[str, Seen]) -> None:
        """Wait for the queue and count the rows."""
        deadline = time.monotonic() + SECONDS_FOR_JOBS
        while (stored := self.stored()).jobs_done < stored.jobs and time.monotonic() < deadline:
            time.sleep(1)
        lines = self.lines()
        seconds = lines[-1].at - lines[0].at if lines else 0.0
        self.figures = Figures(title, seconds, seen, stored, tuple(lines))


@contextmanager
def load(
    platform: Platform, title: str, *, rate: int = 200, latency: float = 0.02, show: Callable[[str], object] = print
) -> Iterator[Run]:
    """Ask ``rate`` times a second while the block runs, then show the figures; half are writes, half are HTTP/2."""
    with ExitStack() as stack:
        run = Run(platform, Path(stack.enter_context(TemporaryDirectory())))
        control = stack.enter_context(_controlled())
        settings = {
            "ISP": ISP,
            "MANAGEMENT": MANAGEMENT,
            "EDGE": f"127.0.0.1:{stack.enter_context(_delayed(platform.machine.public_ipv4, latency))}",
            "RATE": str(rate // len(PROTOCOLS)),
            "RUN": run.name,
            "CUSTOMER": str(_add_customer(platform, run.name)),
            "CONTROL": f"http://127.0.0.1:{control.server_port}/",
        }
        (run.folder / "trusted").mkdir()
        (run.folder / "trusted/ca.pem").write_text(platform.authority())
        clients = {protocol: stack.enter_context(_client(run.folder, protocol, settings)) for protocol in PROTOCOLS}
        poll(lambda: run.versions().total() >= rate // 10, seconds=60, what="a second's worth of answers")
        try:
            yield run
        finally:
            control.over = True
            time.sleep(SECONDS_TO_LEARN_THE_END)
            title = f"{title}, {rate}/s"
            run.complete(title, {protocol: client.end() for protocol, client in clients.items()})
            show(f"\n{run.figures.table}")


def _add_customer(platform: Platform, name: str) -> int:
    body = {"name": name, "email": f"{name}@dotmac.test"}
    return int(platform.ask(ISP, "/api/v1/customers", method="POST", body=body).json()["id"])


class _Control(ThreadingHTTPServer):
    """Tells the clients whether to go on."""

    over = False
    daemon_threads = True

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server: _Control

        def do_GET(self) -> None:
            self.send_response(410 if self.server.over else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Quiet."""


@contextmanager
def _controlled() -> Iterator[_Control]:
    with _Control(("127.0.0.1", 0), _Control.Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _delayed(address: str, latency: float) -> Iterator[int]:
    """The port of loopback that leads to the edge, with latency each way."""
    argv = [sys.executable, str(HERE / "delay.py"), address, "443", str(latency)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as proxy:
        try:
            assert proxy.stdout
            yield int(proxy.stdout.readline())
        finally:
            proxy.kill()


@dataclass(frozen=True)
class _Client:
    """One k6, with the address where it tells its metrics while it runs."""

    process: subprocess.Popen[bytes]
    address: str
    summary: Path
    log: Path

    def end(self) -> Seen:
        """Wait until every request has its end, as k6 drops what is under way, and read the summary."""
        poll(lambda: self._count("begun") == self._count("ended"), seconds=SECONDS_TO_END, what="the last answer")
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
        assert self.summary.exists(), self.log.read_text()[-4000:]
        return parse_summary(self.summary.read_text())

    def _count(self, metric: str) -> int:
        with urllib.request.urlopen(f"http://{self.address}/v1/metrics/{metric}", timeout=10) as answer:
            return int(json.load(answer)["data"]["attributes"]["sample"]["count"])


@contextmanager
def _client(folder: Path, protocol: str, settings: Mapping[str, str]) -> Iterator[_Client]:
    """k6 with one protocol; it trusts the platform's own authority and no other."""
    name = protocol.replace("/", "-")
    summary, log, address = folder / f"{name}.json", folder / f"{name}.log", f"127.0.0.1:{_free_port()}"
    given = {**settings, "PROTOCOL": protocol, "SUMMARY": str(summary)}
    words = [f"--env={key}={value}" for key, value in given.items()]
    argv = [tool("k6"), "run", "--quiet", "--no-usage-report", f"--address={address}", "--log-format=raw", *words]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GODEBUG": PROTOCOLS[protocol],
        "SSL_CERT_DIR": str(folder / "trusted"),
        "SSL_CERT_FILE": str(folder / "trusted/ca.pem"),
    }
    with (
        log.open("wb") as said,
        subprocess.Popen(
            [*argv, str(HERE / "script.js")], env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        ) as process,
    ):
        try:
            yield _Client(process, address, summary, log)
        finally:
            process.kill()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
