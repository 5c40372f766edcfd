# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The canary: a row written after the base backup, which only replayed WAL can bring back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .model import ASSERTED, Check

DATABASE = "postgres"
# The last ones are enough: a set older than them is restored with its own.
KEPT = 500
MAKE = (
    "CREATE SCHEMA IF NOT EXISTS steward",
    """
CREATE TABLE IF NOT EXISTS steward.canary (
    set_id text PRIMARY KEY,
    written timestamptz NOT NULL DEFAULT clock_timestamp(),
    lsn pg_lsn NOT NULL DEFAULT pg_current_wal_insert_lsn()
)""",
)
WRITE = """
INSERT INTO steward.canary (set_id) VALUES (%s)
ON CONFLICT (set_id) DO UPDATE SET written = DEFAULT, lsn = DEFAULT
RETURNING set_id, to_char(written AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS written, lsn::text AS lsn
"""
PRUNE = f"""
DELETE FROM steward.canary WHERE set_id NOT IN (SELECT set_id FROM steward.canary ORDER BY written DESC LIMIT {KEPT})
"""
# The row is safe once its segment is archived, which a quiet server would not do for long.
SWITCH = "SELECT pg_walfile_name(pg_switch_wal()) AS wal"
THERE = "SELECT to_regclass('steward.canary') IS NOT NULL AS there"
READ = """
SELECT set_id, to_char(written AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS written, lsn::text AS lsn
FROM steward.canary ORDER BY steward.canary.written
"""


def canary_checks(set_id: str, rows: Sequence[Mapping[str, Any]]) -> list[Check]:
    """Whether the set's own row is there.

    :param rows: those of the table in the scratch instance, the newest last.
    """
    figures = {"set": set_id, "newest": dict(rows[-1]) if rows else None}
    found = next((row for row in rows if row["set_id"] == set_id), None)
    if found is None:
        message = f"the row written after the backup {set_id} is not there: its WAL was not replayed"
        return [Check(ASSERTED, "canary", "fail", message, figures)]
    return [Check(ASSERTED, "canary", "pass", f"the row written at {found['written']} is there", figures)]
