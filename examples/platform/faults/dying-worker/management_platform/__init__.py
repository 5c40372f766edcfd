# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fault: the worker starts, looks healthy for a moment, and dies."""

import os
import threading
from typing import Any

from celery.signals import worker_ready

SECONDS_TO_LIVE = 5.0
EXIT_CODE = 70


@worker_ready.connect
def _die_later(**_: Any) -> None:
    threading.Timer(SECONDS_TO_LIVE, os._exit, (EXIT_CODE,)).start()
