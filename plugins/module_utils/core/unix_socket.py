# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only door to servers that are spoken to over a Unix socket."""

from __future__ import annotations

import socket

from .errors import StewardError


class SocketError(StewardError):
    """Nobody listens there, or no whole answer came in time."""


def connect(path: str) -> socket.socket:
    """A connection for whoever speaks the server's protocol.

    :raises OSError: nobody listens there.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(path)
    except BaseException:
        connection.close()
        raise
    return connection


def ask(path: str, question: str, *, timeout: float = 10.0) -> str:
    """Send one line, the connection's only one, and read the answer until the server closes.

    :param timeout: seconds for connecting and for each read.
    :raises SocketError: as described there.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(path)
            connection.sendall(f"{question}\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
    except OSError as error:
        raise SocketError(f"{path} gives no answer to {question!r}: {error.strerror or error}") from error
    return answer.decode(errors="replace")
