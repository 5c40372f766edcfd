# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`steward restore` on a deployed platform, and rows by which one sees to which moment it came back."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

from .machines import Machine, poll
from .platform import ISP, Platform

ROWS = 10_000
UPLOADS = "/srv/uploads"
PLANTED = "planted-in-the-clear"


def steward(platform: Platform, *words: str, expect: tuple[int, ...] = (0, 4)) -> subprocess.CompletedProcess[str]:
    done = platform.machine.run(["steward", *words], check=False, timeout=600)
    assert done.returncode in expect, f"{words}: {done.returncode} {done.stdout[-3000:]} {done.stderr[-3000:]}"
    return done


def sql(platform: Platform, statement: str, database: str = "dotmac_isp") -> str:
    argv = ["runuser", "-u", "postgres", "--", "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database]
    return platform.machine.run([*argv, "-c", statement]).stdout.strip()


def status(platform: Platform) -> dict[str, Any] | None:
    found: dict[str, Any] | None = json.loads(steward(platform, "restore", "status", "--json").stdout)["recovery"]
    return found


def plan(platform: Platform, *words: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(steward(platform, "restore", "plan", "--json", *words).stdout)
    return document


def newest(platform: Platform) -> str:
    return str(json.loads(steward(platform, "backup", "list", "--json").stdout)["sets"][0]["id"])


def run(platform: Platform, *words: str) -> dict[str, Any]:
    steward(platform, "restore", "run", "--json", *words, "--confirm", plan(platform, *words)["confirm"])
    done = status(platform)
    assert done is not None
    assert done["state"] == "finished"
    return done


def marks(platform: Platform) -> dict[str, int]:
    said = sql(platform, "SELECT what, count(*) FROM marks GROUP BY 1 ORDER BY 1")
    return {line.split("|")[0]: int(line.split("|")[1]) for line in said.splitlines()}


def insert(platform: Platform, what: str, rows: int = ROWS) -> None:
    sql(platform, f"INSERT INTO marks (what) SELECT '{what}' FROM generate_series(1, {rows})")


def begin(platform: Platform) -> str:
    """Rows before a moment and rows after it; returns the moment."""
    sql(platform, "TRUNCATE marks")
    insert(platform, "before")
    time.sleep(1.1)
    moment = platform.machine.run("date -u +%Y-%m-%dT%H:%M:%SZ").stdout.strip()
    time.sleep(1.1)
    insert(platform, "after", 500)
    return moment


def serves(platform: Platform) -> None:
    poll(lambda: platform.is_ready(ISP), seconds=180, what="the platform")
    customer = {"name": "Ada", "email": f"ada-{time.time_ns()}@dotmac.test"}
    assert platform.ask(ISP, "/api/v1/customers", method="POST", body=customer).status == 201


def timeline(platform: Platform) -> int:
    return int(sql(platform, "SELECT timeline_id FROM pg_control_checkpoint()"))


def redis(platform: Platform, *words: str) -> str:
    argv = ["steward", "cache", "shell", "queue"]
    return platform.machine.run(argv, input=" ".join(words) + "\n").stdout


def prepare(host: Callable[..., Machine], with_backups: Callable[..., Platform]) -> Platform:
    """A platform that has backups, files of its applications, and a full set with a row that can be searched for."""
    host("restore").run(f"mkdir -p {UPLOADS} && echo one > {UPLOADS}/first")
    deployed = with_backups("restore", backup_application_data_paths_extra=[UPLOADS])
    sql(deployed, "DROP TABLE IF EXISTS marks; CREATE TABLE marks (id serial PRIMARY KEY, what text)")
    insert(deployed, PLANTED, 1)
    steward(deployed, "backup", "full", "--json")
    return deployed


def settle(platform: Platform) -> None:
    """End what a test left under way or kept."""
    state = (status(platform) or {"state": "accepted"})["state"]
    if state in ("running", "failed", "undoing"):
        steward(platform, "restore", "undo")
    elif state == "finished":
        steward(platform, "restore", "accept")
    left = platform.machine.run("ls -A /var/lib/postgresql/17").stdout.split()
    assert left == ["main"]
