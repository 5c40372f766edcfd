# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH: one key all hosts trust, one stable host key each, and a known_hosts that knows them."""

from __future__ import annotations

import socket
from pathlib import Path

from . import packages, process
from .paths import state_dir

USER = "steward"


def key_path() -> Path:
    """The private key that opens every host."""
    return _ensure_key(state_dir() / "id_ed25519", "steward test hosts")


def known_hosts_path() -> Path:
    return state_dir() / "known_hosts"


def host_key(folder: Path) -> Path:
    return _ensure_key(folder / "ssh_host_ed25519_key", folder.name)


def public_key(private: Path) -> str:
    """'ssh-ed25519 AAAA…', without the comment."""
    return " ".join(private.with_suffix(".pub").read_text().split()[:2])


def build_command(address: str, words: list[str]) -> list[str]:
    options = [
        "-i",
        str(key_path()),
        "-o",
        f"UserKnownHostsFile={known_hosts_path()}",
        "-o",
        "StrictHostKeyChecking=yes",
        "-o",
        "IdentitiesOnly=yes",
        "-o",
        "LogLevel=ERROR",
    ]
    return ["ssh", *options, f"{USER}@{address}", *words]


def answers(address: str) -> bool:
    """Whether an SSH server greets at this address."""
    try:
        with socket.create_connection((address, 22), timeout=2) as connection:
            connection.settimeout(2)
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def _ensure_key(path: Path, comment: str) -> Path:
    if not path.exists():
        packages.ensure({"ssh-keygen": "openssh-client"}, "ssh")
        process.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)])
    return path
