# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A door to a server, for programs that cannot or shall not reach it themselves.

A program that would take a password from its arguments or its environment, where others see it, is given :func:`relay`
instead. One that only knows how to connect by TCP is given :func:`relay_tcp`.
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
from typing import Any

BYTES = 65536
# The first byte of a connection that begins with TLS (RFC 8446, 5.1: a handshake record).
HANDSHAKE = b"\x16"
# What PostgreSQL's clients send to ask for TLS (PostgreSQL's protocol, SSLRequest), and the answer.
SSL_REQUEST, SSL_ACCEPTED = bytes.fromhex("0000000804d2162f"), b"S"

Connect = Callable[[], socket.socket]
Accept = Callable[[socket.socket], socket.socket]


@contextlib.contextmanager
def relay(name: str, connect: Connect, *, folder: str = "/run") -> Iterator[str]:
    """The path of a Unix socket that only we may use, in a new folder; each connection leads to one of ``connect``.

    :param name: of the socket; clients show it to people.
    """
    with tempfile.TemporaryDirectory(prefix="steward-", dir=folder) as private:
        path = os.path.join(private, name)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            with _listening(listener, lambda client: client, connect):
                yield path


@contextlib.contextmanager
def relay_tcp(address: str, context: ssl.SSLContext, connect: Connect) -> Iterator[int]:
    """A port of an IPv4 address that leads to ``connect``; clients use TLS or not, as they like.

    :param context: with the certificate that clients with TLS are shown.
    """
    server = socket.create_server((address, 0))
    with server as listener, _listening(listener, lambda client: accept(client, context), connect):
        yield int(listener.getsockname()[1])


def accept(client: socket.socket, context: ssl.SSLContext) -> socket.socket:
    """The client with TLS when it asks for it: at once, or first in PostgreSQL's way."""
    begin = client.recv(len(SSL_REQUEST), socket.MSG_PEEK)
    if begin == SSL_REQUEST:
        client.recv(len(SSL_REQUEST))
        client.sendall(SSL_ACCEPTED)
    elif not begin.startswith(HANDSHAKE):
        return client
    return context.wrap_socket(client, server_side=True)


@contextlib.contextmanager
def _listening(listener: socket.socket, accepted: Accept, connect: Connect) -> Iterator[None]:
    listener.listen()
    thread = threading.Thread(target=_serve, args=(listener, accepted, connect), daemon=True)
    thread.start()
    try:
        yield
    finally:
        # Closing alone leaves the thread in its last call, which takes one more client.
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _serve(listener: socket.socket, accepted: Accept, connect: Connect) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _nobody = listener.accept()
            threading.Thread(target=_join, args=(client, accepted, connect), daemon=True).start()


def _join(client: socket.socket, accepted: Accept, connect: Connect) -> None:
    """Carry bytes both ways until one side ends; the client sees a server that cannot be reached as one that ends."""
    selector = selectors.DefaultSelector()
    with client, selector, contextlib.suppress(OSError), accepted(client) as near, connect() as far:
        selector.register(near, selectors.EVENT_READ, far)
        selector.register(far, selectors.EVENT_READ, near)
        while all(_carry(key.fileobj, key.data) for key, _events in selector.select()):
            pass


def _carry(source: Any, target: socket.socket) -> bool:
    """Whether the connection goes on."""
    data = _receive(source) if isinstance(source, ssl.SSLSocket) else source.recv(BYTES)
    if data:
        target.sendall(data)
    return data != b""


def _receive(source: ssl.SSLSocket) -> bytes | None:
    """All that was decrypted, None is nothing yet; what stays in the library's buffer no selector would tell."""
    source.setblocking(False)
    try:
        data = source.recv(BYTES)
        while data and source.pending():
            data += source.recv(BYTES)
        return data
    except ssl.SSLWantReadError:
        # A part of a record, or one that is for the library only.
        return None
    finally:
        source.setblocking(True)
