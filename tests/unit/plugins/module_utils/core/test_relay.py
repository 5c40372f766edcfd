# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Against real servers on loopback that send back what they are sent."""

from __future__ import annotations

import os
import socket
import socketserver
import ssl
import stat
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core import tls
from ansible_collections.steward.platform.plugins.module_utils.core.relay import SSL_REQUEST, relay, relay_tcp

# Many records of TLS, and more than the buffers of sockets hold.
MUCH = os.urandom(1 << 20)
# Some records, and less than the buffers hold.
PIECE = 50_000


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(65536):
            if data == b"bye":
                return
            self.request.sendall(data)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    context: ssl.SSLContext

    def get_request(self) -> tuple[ssl.SSLSocket, object]:
        plain, address = super().get_request()
        return self.context.wrap_socket(plain, server_side=True), address


@pytest.fixture
def path(certificate: Path, tmp_path: Path) -> Iterator[str]:
    with Server(("127.0.0.1", 0), Echo) as server:
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(certificate)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        port = server.server_address[1]
        connect = partial(tls.connect, "127.0.0.1", port, ca_file=str(certificate))
        with relay("cache", connect, folder=str(tmp_path)) as where:
            yield where
        server.shutdown()


def connect(path: str) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(10)
    client.connect(path)
    return client


def receive(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (part := client.recv(65536)):
        data += part
    return data


def test_bytes_go_both_ways_for_each_client(path: str) -> None:
    with connect(path) as one, connect(path) as other:
        for client, said in ((one, b"one"), (other, b"other"), (one, b"again")):
            client.sendall(said)
            assert receive(client, len(said)) == said


def test_much_goes_both_ways_unharmed(path: str) -> None:
    with connect(path) as client:
        sender = threading.Thread(target=client.sendall, args=(MUCH,))
        sender.start()
        assert receive(client, len(MUCH)) == MUCH
        sender.join()


def test_a_server_that_ends_ends_the_client(path: str) -> None:
    with connect(path) as client:
        client.sendall(b"bye")
        assert client.recv(10) == b""


def test_only_its_owner_may_use_it_and_nothing_is_left(certificate: Path, tmp_path: Path) -> None:
    refused = partial(tls.connect, "127.0.0.1", 1, ca_file=str(certificate))
    with relay("cache", refused, folder=str(tmp_path)) as where:
        assert stat.S_IMODE(os.stat(os.path.dirname(where)).st_mode) == 0o700
        with connect(where) as client:
            assert client.recv(10) == b""
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def port(certificate: Path) -> Iterator[int]:
    """Of a door that leads to a server without TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        address = server.server_address
        with relay_tcp("127.0.0.1", context, lambda: socket.create_connection(address)) as where:
            yield where
        server.shutdown()


def plain(port: int, certificate: Path) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def secured(port: int, certificate: Path) -> socket.socket:
    return tls.connect("127.0.0.1", port, ca_file=str(certificate))


def asked_first(port: int, certificate: Path) -> socket.socket:
    """As PostgreSQL's clients do it."""
    connection = plain(port, certificate)
    connection.sendall(SSL_REQUEST)
    assert connection.recv(1) == b"S"
    context = ssl.create_default_context(cafile=str(certificate))
    return context.wrap_socket(connection, server_hostname="127.0.0.1")


@pytest.mark.parametrize("way", [plain, secured, asked_first])
def test_clients_come_in_by_tcp_with_tls_or_without(
    port: int, certificate: Path, way: Callable[[int, Path], socket.socket]
) -> None:
    with way(port, certificate) as client:
        # One after the other: a connection with TLS is not for two threads at once.
        for said in (b"one", *(MUCH[place : place + PIECE] for place in range(0, len(MUCH), PIECE))):
            client.sendall(said)
            assert receive(client, len(said)) == said
        client.sendall(b"bye")
        assert client.recv(10) == b""


def test_who_begins_tls_and_does_not_go_on_hurts_nobody(port: int, certificate: Path) -> None:
    with plain(port, certificate) as broken:
        broken.sendall(b"\x16nonsense")
    with secured(port, certificate) as client:
        client.sendall(b"one")
        assert receive(client, 3) == b"one"
