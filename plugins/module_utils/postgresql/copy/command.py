# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines that copy one database into another of the same server."""

from __future__ import annotations

from ..model import ACCOUNT

AS_ACCOUNT = ("runuser", "--user", ACCOUNT, "--")


def dump(database: str, file: str, port: int) -> list[str]:
    """Write a database into a file, as it is at one moment; what writes to it meanwhile goes on."""
    return [
        *AS_ACCOUNT,
        "pg_dump",
        "--port",
        str(port),
        "--format=custom",
        "--compress=zstd:1",
        "--file",
        file,
        database,
    ]


def restore(database: str, file: str, port: int) -> list[str]:
    """Read a file into an empty database, with the owners that its objects had."""
    argv = [*AS_ACCOUNT, "pg_restore", "--port", str(port), "--exit-on-error"]
    return [*argv, "--dbname", database, file]
