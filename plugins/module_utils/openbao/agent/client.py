# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks and renders the secrets of an application host."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from typing import Any

from ...core import files, process, systemd
from ...core.errors import StewardError
from ..client import Server, read_secrets
from ..model import SecretFileState, Service
from ..plan import is_stale


def check_services(options: Mapping[str, Any], services: Sequence[Service]) -> dict[str, list[str]]:
    """Services without a working login on this host, and those whose rendered files are not as they should be."""
    missing, stale = [], []
    for service in services:
        server = Server(options["address"], options["ca_file"])
        if not login_service(server, options["approle_directory"], service.name):
            missing.append(service.name)
            continue
        secrets = read_secrets(server, options["platform"], service.paths)
        directory = f"{options['secrets_directory']}/{service.name}"
        if is_stale(service, secrets, _state(directory), _rendered(directory)):
            stale.append(service.name)
    return {"missing": missing, "stale": stale}


def render(options: Mapping[str, Any], services: Sequence[Service]) -> None:
    """Let the unit render, and believe the files, not the unit."""
    done = process.run(["systemctl", "reload-or-restart", options["unit"]], timeout=300, check=False)
    seen = check_services(options, services)
    wrong = sorted({*seen["missing"], *seen["stale"]})
    if done.returncode == 0 and not wrong:
        return
    said = systemd.last_words([options["unit"]])
    raise StewardError(
        f"{options['unit']} did not render the secrets of {', '.join(wrong) or 'any service'}: {said}",
        f"See 'journalctl -u {options['unit']}', then run again.",
    )


def login_service(server: Server, directory: str, name: str) -> bool:
    pair = [files.observe(f"{directory}/{name}.{kind}") for kind in ("role-id", "secret-id")]
    found = [file.content.strip() for file in pair if file]
    # Also without files the server is asked, so that a sealed one is never taken for a missing login.
    return server.login(*found) if len(found) == 2 else server.login("none", "none")


def _state(path: str, content: str = "") -> SecretFileState | None:
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    return SecretFileState(f"{stat.S_IMODE(status.st_mode):04o}", status.st_uid, content)


def _rendered(directory: str) -> dict[str, SecretFileState | None]:
    names = os.listdir(directory) if os.path.isdir(directory) else []
    found = {name: files.observe(f"{directory}/{name}") for name in names}
    return {name: _state(f"{directory}/{name}", file.content) for name, file in found.items() if file}
