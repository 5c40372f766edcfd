# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker that stays connected and never asks for a message, as after a botched reconnection."""

from kombu.transport.redis import Channel

from management_platform import worker

Channel._brpop_start = lambda self, timeout=None: None

worker.main()
