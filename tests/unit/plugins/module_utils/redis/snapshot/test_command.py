# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.steward.platform.plugins.module_utils.redis.snapshot import command


def test_the_server_beside_is_reached_by_nobody_and_ends_by_itself() -> None:
    settings = {"appenddirname": "aof", "appendfilename": "file.aof", "databases": "32", "maxmemory": "1"}
    argv = command.start("queue", "/var/lib/redis/.x", settings, 60)
    assert argv[:2] == ["systemd-run", "--unit=steward-redis-restore-queue.service"]
    assert {"--property=PrivateNetwork=yes", "--property=User=redis", "--property=RuntimeMaxSec=60"} < set(argv)
    server = argv[argv.index("redis-server") :]
    assert server[1:5] == ["--port", "0", "--unixsocket", "/var/lib/redis/.x/redis.sock"]
    assert server[-6:] == ["--appenddirname", "aof", "--appendfilename", "file.aof", "--databases", "32"]
    assert server[server.index("--appendonly") + 1] == "no"


def test_an_empty_server_takes_whom_it_is_told_and_takes_its_folder_with_it() -> None:
    argv = command.start_empty(["cache", "queue"], 60)
    assert argv[1] == "--unit=steward-scratch-redis.service"
    wanted = {"PrivateNetwork=yes", "RuntimeDirectory=steward-scratch-redis", "RuntimeDirectoryMode=0700"}
    assert {f"--property={line}" for line in wanted} < set(argv)
    users = [argv[place + 1] for place, word in enumerate(argv) if word == "--user"]
    assert users == ["default", "cache", "queue"]


def test_the_other_commands() -> None:
    assert command.check("/x") == ["redis-check-rdb", "/x"]
    assert command.stop("a.service") == ["systemctl", "stop", "a.service"]
    assert command.start_unit("a.service") == ["systemctl", "start", "a.service"]
