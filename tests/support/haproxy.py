# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What HAProxy itself says on a test host, past all code of ours."""

from __future__ import annotations

from .machines import Machine

ASK = (
    "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect('/run/haproxy/admin.sock');"
    " s.sendall((sys.argv[1]+'\\n').encode()); print(b''.join(iter(lambda: s.recv(65536), b'')).decode())"
)


def ask(machine: Machine, command: str) -> str:
    """The answer to one command of the runtime API."""
    return machine.run(["python3", "-c", ASK, command]).stdout


def states(machine: Machine, service: str) -> dict[str, str]:
    """The servers of a service that are not in ``maint``, by name: ``ready`` or ``drain``."""
    said = ask(machine, f"show servers state {service}").splitlines()
    rows = [line.split() for line in said if line and line[0].isdigit() and " " in line]
    names = {row[3]: int(row[6]) & ~4 for row in rows}
    return {name: {0: "ready", 8: "drain"}[bits] for name, bits in names.items() if not bits & 1}
