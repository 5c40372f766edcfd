# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines around snapshot files, and the server that only reads one."""

from __future__ import annotations

from collections.abc import Mapping

ACCOUNT = "redis"
FILE = "restored.rdb"
SOCKET = "redis.sock"
# What the files of the running instance depend on, so that it can read what the other server writes.
INHERITED = ("appenddirname", "appendfilename", "databases")


def check(path: str) -> list[str]:
    return ["redis-check-rdb", path]


def unit_of(instance: str) -> str:
    return f"steward-redis-restore-{instance}.service"


def start(instance: str, folder: str, settings: Mapping[str, str], seconds: int) -> list[str]:
    """A server that loads a file, listens on a socket in its folder and nowhere else, and is ready when this returns.

    It ends by itself when nobody comes back for it.

    :param settings: of the instance whose files it makes.
    """
    properties = [
        "Type=notify", f"User={ACCOUNT}", f"Group={ACCOUNT}", "UMask=0077", f"RuntimeMaxSec={seconds}",
        f"TimeoutStartSec={seconds}", "PrivateNetwork=yes", "NoNewPrivileges=yes",
    ]  # fmt: skip
    argv = ["systemd-run", f"--unit={unit_of(instance)}", "--collect", "--quiet"]
    argv += [f"--property={line}" for line in properties]
    argv += ["redis-server", "--port", "0", "--unixsocket", f"{folder}/{SOCKET}", "--unixsocketperm", "700"]
    argv += ["--dir", folder, "--dbfilename", FILE, "--save", "", "--appendonly", "no", "--supervised", "systemd"]
    for name in INHERITED:
        argv += [f"--{name}", settings[name]]
    return argv


def stop(unit: str) -> list[str]:
    return ["systemctl", "stop", unit]


def start_unit(unit: str) -> list[str]:
    return ["systemctl", "start", unit]
