# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copying a database that is in use."""

from __future__ import annotations

import os
import pwd
import tempfile
from collections.abc import Mapping
from typing import Any

from ...core import process
from ..model import ACCOUNT
from . import command

SECONDS = 4 * 3600


def copy_databases(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Fill empty databases with what others hold at this moment.

    :raises StewardError: one of them is not there, or the target is not empty.
    """
    copies = parameters["scratch_databases"]
    sizes = {row["name"]: _copy(row["owner_of"], row["name"], parameters["port"]) for row in copies}
    return {"changed": True, "dump_bytes": sizes}


def _copy(source: str, target: str, port: int) -> int:
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="steward-copy-") as folder:
        account = pwd.getpwnam(ACCOUNT)
        os.chown(folder, account.pw_uid, account.pw_gid)
        file = f"{folder}/{source}.dump"
        process.run(command.dump(source, file, port), timeout=SECONDS)
        process.run(command.restore(target, file, port), timeout=SECONDS)
        return os.path.getsize(file)
