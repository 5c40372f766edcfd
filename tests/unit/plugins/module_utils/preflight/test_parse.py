# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.steward.platform.plugins.module_utils.preflight.model import Listener
from ansible_collections.steward.platform.plugins.module_utils.preflight.parse import (
    parse_listeners,
    parse_memory,
    parse_os_release,
)

# iproute2 6.15 on Debian 13.
SOCKETS = """\
LISTEN 0      200        127.0.0.1:5432       0.0.0.0:*    users:(("postgres",pid=812,fd=7))
LISTEN 0      511             [::]:443           [::]:*    users:(("nginx",pid=901,fd=9),("nginx",pid=900,fd=9))
LISTEN 0      4096               *:22                *:*
"""


def test_listeners_have_address_port_and_process() -> None:
    assert parse_listeners(SOCKETS) == (
        Listener("127.0.0.1", 5432, "postgres"),
        Listener("::", 443, "nginx"),
        Listener("*", 22, ""),
    )


def test_the_system_is_named() -> None:
    assert parse_os_release('NAME="Debian GNU/Linux"\nID=debian\n\nVERSION_ID="13"\n') == ("debian", "13")
    assert parse_os_release("") == ("unknown", "unknown")


def test_memory_is_in_bytes() -> None:
    assert parse_memory("MemTotal:       24683948 kB\nMemFree: 1 kB\n") == 24683948 * 1024
    assert parse_memory("") == 0
