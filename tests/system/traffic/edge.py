# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking the edge from outside, request by request and byte by byte."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from ansible_collections.steward.platform.tests.system.traffic.stage import Stage


@dataclass(frozen=True)
class Answer:
    """``status`` 0 means that the connection was closed without a word."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]


class Edge:
    """The edge, by its public addresses; ``ask`` makes one request on one connection."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.address = stage.machine.public_ipv4
        self._certificate = stage.machine.run("cat /etc/ssl/steward/edge.pem").stdout

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self._certificate)

    def ask(
        self,
        name: str,
        path: str = "/",
        *,
        method: str = "GET",
        tls: bool = True,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        address: str | None = None,
    ) -> Answer:
        plain = socket.create_connection((address or self.address, 443 if tls else 80), timeout=30)
        context = self.context()
        context.check_hostname = name.endswith("shop.test")
        with closing(context.wrap_socket(plain, server_hostname=name) if tls else plain) as connected:
            connection = http.client.HTTPConnection(name)
            connection.sock = connected
            connection.request(method, path, body=body, headers=dict(headers or {}))
            try:
                answer = connection.getresponse()
            except (http.client.RemoteDisconnected, ConnectionResetError):
                return Answer(0, [], b"")
            return Answer(answer.status, answer.getheaders(), answer.read())

    def raw(self, request: bytes) -> Answer:
        """The answer to these very bytes."""
        plain = socket.create_connection((self.address, 443), timeout=30)
        with closing(self.context().wrap_socket(plain, server_hostname="isp.shop.test")) as connected:
            connected.sendall(request)
            answer = http.client.HTTPResponse(connected)
            answer.begin()
            return Answer(answer.status, answer.getheaders(), answer.read())

    def begin(self, path: str) -> ssl.SSLSocket:
        """A request whose last byte is missing, so that many can be let go at once."""
        plain = socket.create_connection((self.address, 443), timeout=30)
        connected = self.context().wrap_socket(plain, server_hostname="isp.shop.test")
        connected.sendall(f"GET {path} HTTP/1.1\r\nHost: isp.shop.test\r\nConnection: close\r\n\r".encode())
        return connected


def finish(connected: ssl.SSLSocket) -> int:
    """The status of the answer to a request that was begun."""
    with closing(connected):
        connected.sendall(b"\n")
        answer = http.client.HTTPResponse(connected)
        answer.begin()
        return answer.status
