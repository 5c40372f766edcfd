# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A private door to a server: programs that connect to it need no password and no certificate.

A program that would take a password from its arguments or its environment, where others see it, is given this instead.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator

BYTES = 65536


@contextlib.contextmanager
def relay(name: str, connect: Callable[[], ssl.SSLSocket], *, folder: str = "/run") -> Iterator[str]:
    """The path of a Unix socket that only we may use, in a new folder; each connection leads to one of ``connect``.

    :param name: of the socket; clients show it to people.
    """
    with tempfile.TemporaryDirectory(prefix="steward-", dir=folder) as private:
        path = os.path.join(private, name)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            threading.Thread(target=_serve, args=(listener, connect), daemon=True).start()
            yield path


def _serve(listener: socket.socket, connect: Callable[[], ssl.SSLSocket]) -> None:
    # Closing the listener ends it, and with it the thread.
    with contextlib.suppress(OSError):
        while True:
            client, _nobody = listener.accept()
            threading.Thread(target=_join, args=(client, connect), daemon=True).start()


def _join(client: socket.socket, connect: Callable[[], ssl.SSLSocket]) -> None:
    """Carry bytes both ways until one side ends; the client sees a server that cannot be reached as one that ends."""
    with client, contextlib.suppress(OSError), connect() as server, selectors.DefaultSelector() as selector:
        selector.register(client, selectors.EVENT_READ)
        selector.register(server, selectors.EVENT_READ)
        while True:
            for key, _events in selector.select():
                if key.fileobj is client:
                    carried = _carry(client.recv(BYTES), server)
                else:
                    carried = _carry(_receive(server), client)
                if not carried:
                    return


def _carry(data: bytes | None, target: socket.socket) -> bool:
    """Whether the connection goes on; None is nothing yet."""
    if data:
        target.sendall(data)
    return data != b""


def _receive(server: ssl.SSLSocket) -> bytes | None:
    """All that was decrypted: what stays in the library's buffer no selector would tell."""
    server.setblocking(False)
    try:
        data = server.recv(BYTES)
        while data and server.pending():
            data += server.recv(BYTES)
        return data
    except ssl.SSLWantReadError:
        # A part of a record, or one that is for the library only.
        return None
    finally:
        server.setblocking(True)
