# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Against a real TLS server on loopback that sends back what it is sent."""

from __future__ import annotations

import os
import socket
import socketserver
import ssl
import stat
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core import tls
from ansible_collections.steward.platform.plugins.module_utils.core.relay import relay

# Many records of TLS, and more than the buffers of sockets hold.
MUCH = os.urandom(1 << 20)


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
