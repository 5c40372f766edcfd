# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core import http


class Handler(BaseHTTPRequestHandler):
    """Answers with the status in the path, and with what was asked."""

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        seen = {"method": self.command, "headers": dict(self.headers), "body": self.rfile.read(length).decode()}
        body = b"no json" if self.path == "/text" else json.dumps(seen).encode()
        self.send_response(int(self.path.strip("/")) if self.path.strip("/").isdigit() else 200)
        self.send_header("Location", "http://127.0.0.1:1/never")
        self.send_header("Content-Length", str(len(body) + (10 if self.path == "/short" else 0)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
            server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def listening(answer: bytes | None) -> Iterator[int]:
    """A listener that gives every client these bytes and hangs up, or, with None, says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _address = listener.accept()
            with connection:
                connection.recv(65536)
                if answer is not None:
                    connection.sendall(answer)
                else:
                    connection.recv(65536)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving() as number:
        yield number


@pytest.fixture(scope="module")
def tls_port(certificate: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(context) as number:
        yield number


@pytest.mark.parametrize("status", [200, 204, 301, 302, 404, 429, 500, 503])
def test_every_status_is_an_answer(port: int, status: int) -> None:
    answer = http.request("GET", f"http://127.0.0.1:{port}/{status}")
    assert answer.status == status
    assert answer.headers["Location"] == "http://127.0.0.1:1/never"


def test_json_is_sent_and_read(port: int) -> None:
    seen = http.request("POST", f"http://127.0.0.1:{port}/", json={"a": [1]}, headers={"X-Token": "t"}).json()
    assert (seen["method"], json.loads(seen["body"])) == ("POST", {"a": [1]})
    assert seen["headers"]["Content-Type"] == "application/json"
    assert seen["headers"]["X-Token"] == "t"


@pytest.mark.parametrize("document", [{}, [], 0, "", False])
def test_empty_document_is_sent_too(port: int, document: object) -> None:
    seen = http.request("PUT", f"http://127.0.0.1:{port}/", json=document).json()
    assert json.loads(seen["body"]) == document


def test_without_a_document_there_is_no_body(port: int) -> None:
    seen = http.request("GET", f"http://127.0.0.1:{port}/").json()
    assert seen["body"] == ""
    assert "Content-Type" not in seen["headers"]


def test_proxy_of_the_environment_is_not_used(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert http.request("GET", f"http://127.0.0.1:{port}/").status == 200


def test_answer_that_is_no_json_is_shown(port: int) -> None:
    with pytest.raises(http.HttpError, match="the answer with status 200 is not JSON: 'no json'"):
        http.request("GET", f"http://127.0.0.1:{port}/text").json()


def test_trusted_certificate_is_accepted(tls_port: int, certificate: Path) -> None:
    assert http.request("GET", f"https://127.0.0.1:{tls_port}/", ca_file=str(certificate)).status == 200


def test_unknown_certificate_is_refused(tls_port: int) -> None:
    with pytest.raises(http.HttpError, match="certificate verify failed"):
        http.request("GET", f"https://127.0.0.1:{tls_port}/")


def test_certificate_of_another_name_is_refused(tls_port: int, certificate: Path) -> None:
    with pytest.raises(http.HttpError, match="localhost"):
        http.request("GET", f"https://localhost:{tls_port}/", ca_file=str(certificate))


def test_missing_authority_is_an_error_of_ours(tls_port: int, tmp_path: Path) -> None:
    with pytest.raises(http.HttpError, match="No such file or directory"):
        http.request("GET", f"https://127.0.0.1:{tls_port}/", ca_file=str(tmp_path / "ca.pem"))


def test_nobody_there_is_an_error_that_names_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(http.HttpError, match=f"GET http://127.0.0.1:{port}/x got no answer: .*refused"):
        http.request("GET", f"http://127.0.0.1:{port}/x")


def test_silence_is_an_error() -> None:
    with listening(None) as port, pytest.raises(http.HttpError, match="timed out"):
        http.request("GET", f"http://127.0.0.1:{port}/", timeout=0.3)


@pytest.mark.parametrize("answer", [b"", b"what?\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"])
def test_broken_answer_is_an_error(answer: bytes) -> None:
    with listening(answer) as port, pytest.raises(http.HttpError, match="got no answer"):
        http.request("GET", f"http://127.0.0.1:{port}/")


def test_large_bodies_come_from_files_and_go_to_files(tmp_path: Path) -> None:
    sent, got = tmp_path / "sent", tmp_path / "got"
    sent.write_bytes(b"snapshot" * 100_000)
    with serving() as port, sent.open("rb") as source, got.open("w+b") as target:
        source.read(7)
        answer = http.transfer(
            "POST", f"http://127.0.0.1:{port}/201", source=source, target=target, headers={"X-Token": "t"}
        )
    seen = json.loads(got.read_text())
    assert (answer.status, answer.text, seen["method"], seen["body"]) == (201, "", "POST", "snapshot" * 100_000)
    assert (seen["headers"]["X-Token"], seen["headers"]["Content-Type"]) == ("t", "application/octet-stream")


def test_a_refused_transfer_tells_why_and_leaves_the_file_empty(tmp_path: Path) -> None:
    with serving() as port, (tmp_path / "got").open("w+b") as target:
        answer = http.transfer("GET", f"http://127.0.0.1:{port}/403", target=target)
        assert (answer.status, answer.json()["method"]) == (403, "GET")
        assert http.transfer("GET", f"http://127.0.0.1:{port}/200").json()["method"] == "GET"
    assert (tmp_path / "got").read_bytes() == b""


def test_a_transfer_that_breaks_off_is_no_answer(tmp_path: Path) -> None:
    with serving() as port, (tmp_path / "got").open("w+b") as target, pytest.raises(http.HttpError, match="no answer"):
        http.transfer("GET", f"http://127.0.0.1:{port}/short", target=target, timeout=0.5)
