# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fault: everything can be imported and migrated, but the web process ends at once."""

import uvicorn


def _crash(self: uvicorn.Server) -> None:
    raise SystemExit("fault crash-on-start: the web process ends before it listens")


uvicorn.Server.run = _crash
