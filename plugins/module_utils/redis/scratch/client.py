# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An empty server beside the instances, for a program that cannot start without one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ...core import process
from ..snapshot import command

COMMAND_SECONDS = 60


@contextmanager
def opened(users: Sequence[str], seconds: int) -> Iterator[str]:
    """The socket, which only root reaches, of a server that runs while the block does.

    :param users: who may come in, with whatever password.
    :param seconds: after which it ends by itself.
    """
    end()
    process.run(command.start_empty(users, seconds), timeout=COMMAND_SECONDS)
    try:
        yield f"{command.EMPTY_FOLDER}/{command.SOCKET}"
    finally:
        end()


def end() -> None:
    """Stop it, whoever started it; there may be none."""
    process.run(command.stop(command.EMPTY_UNIT), check=False, timeout=COMMAND_SECONDS)
