# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fault: the worker starts, is healthy for a moment, and dies."""

import os
import threading

from platform_shared import heartbeat

SECONDS_OF_HEALTH = 6.0
EXIT_CODE = 70

_beat = heartbeat.beat
_death = threading.Timer(SECONDS_OF_HEALTH, os._exit, (EXIT_CODE,))


def _beat_and_die_later(name: str) -> None:
    _beat(name)
    if name == "worker" and not _death.is_alive():
        _death.start()


heartbeat.beat = _beat_and_die_later
