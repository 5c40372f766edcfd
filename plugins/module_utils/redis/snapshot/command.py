# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines around snapshot files, and servers for a moment: one that reads such a file, one that is empty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

ACCOUNT = "redis"
FILE = "restored.rdb"
SOCKET = "redis.sock"
EMPTY_UNIT, EMPTY_FOLDER = "steward-scratch-redis.service", "/run/steward-scratch-redis"
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
    words = ["--dir", folder, "--dbfilename", FILE]
    for name in INHERITED:
        words += [f"--{name}", settings[name]]
    return _start(unit_of(instance), ["UMask=0077"], folder, words, seconds)


def start_empty(users: Iterable[str], seconds: int) -> list[str]:
    """An empty server in a folder of its own, which goes with it.

    It takes these users with whatever password.

    :param users: names; what they may is everything, for there is nothing.
    """
    words = ["--dir", EMPTY_FOLDER]
    for user in ("default", *users):
        words += ["--user", user, "on", "nopass", "~*", "&*", "+@all"]
    properties = [f"RuntimeDirectory={PurePosixPath(EMPTY_FOLDER).name}", "RuntimeDirectoryMode=0700"]
    return _start(EMPTY_UNIT, properties, EMPTY_FOLDER, words, seconds)


def _start(unit: str, properties: Sequence[str], folder: str, words: Sequence[str], seconds: int) -> list[str]:
    confined = [
        "Type=notify", f"User={ACCOUNT}", f"Group={ACCOUNT}", f"RuntimeMaxSec={seconds}", f"TimeoutStartSec={seconds}",
        "PrivateNetwork=yes", "NoNewPrivileges=yes",
    ]  # fmt: skip
    argv = ["systemd-run", f"--unit={unit}", "--collect", "--quiet"]
    argv += [f"--property={line}" for line in (*confined, *properties)]
    argv += ["redis-server", "--port", "0", "--unixsocket", f"{folder}/{SOCKET}", "--unixsocketperm", "700"]
    return [*argv, "--save", "", "--appendonly", "no", "--supervised", "systemd", *words]


def stop(unit: str) -> list[str]:
    return ["systemctl", "stop", unit]


def start_unit(unit: str) -> list[str]:
    return ["systemctl", "start", unit]
