# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Against real listeners on loopback, with certificates made for the test."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core import tls

HELLO = b"may I?"


def _make(folder: Path, name: str, address: str) -> None:
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{address}",
            "-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem"),
        ],
        check=True, capture_output=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tls")
    _make(made, "host", "127.0.0.1")
    _make(made, "other", "127.0.0.1")
    _make(made, "elsewhere", "127.0.0.2")
    return made


@pytest.fixture
def listen() -> Iterator[Callable[[Callable[[socket.socket], None]], int]]:
    """Listen on loopback, hand the one connection that comes to a function, and return the port."""
    threads: list[threading.Thread] = []

    def start(serve: Callable[[socket.socket], None]) -> int:
        listener = socket.create_server(("127.0.0.1", 0))

        def once() -> None:
            with listener, listener.accept()[0] as connection:
                serve(connection)

        threads.append(threading.Thread(target=once))
        threads[-1].start()
        return int(listener.getsockname()[1])

    yield start
    for thread in threads:
        thread.join(timeout=10)
        assert not thread.is_alive()


def _speak(folder: Path, name: str) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
        try:
            context.wrap_socket(connection, server_side=True).close()
        except OSError:
            connection.close()

    return serve


def _ask(folder: Path, port: int, *, ca: str = "host", certificate: str = "host", hello: bytes = b"") -> str:
    return tls.answer(
        "127.0.0.1",
        port,
        ca_file=str(folder / f"{ca}.pem"),
        certificate=str(folder / f"{certificate}.pem"),
        hello=hello,
    )


def test_the_expected_certificate_is_served(folder, listen):
    assert _ask(folder, listen(_speak(folder, "host"))) == tls.SERVED


def test_another_certificate_is_told_apart(folder, listen):
    answer = _ask(folder, listen(_speak(folder, "other")), ca="other")
    assert answer == "another certificate than the host's"


@pytest.mark.parametrize(
    ("served", "ca"), [("host", "other"), ("elsewhere", "elsewhere")], ids=["unknown CA", "wrong name"]
)
def test_a_certificate_that_does_not_verify_is_no_answer(folder, listen, served, ca):
    answer = _ask(folder, listen(_speak(folder, served)), ca=ca, certificate=served)
    assert answer.startswith("no TLS connection: ")
    assert "certificate verify failed" in answer


@pytest.mark.parametrize(("reply", "answer"), [(b"S", tls.SERVED), (b"N", "no TLS")], ids=["agrees", "declines"])
def test_a_server_that_begins_in_plain_text_is_asked_first(folder, listen, reply, answer):
    def serve(connection: socket.socket) -> None:
        assert connection.recv(len(HELLO)) == HELLO
        connection.sendall(reply)
        if reply == b"S":
            _speak(folder, "host")(connection)

    assert _ask(folder, listen(serve), hello=HELLO) == answer


def test_nobody_listens(folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert "Connection refused" in _ask(folder, port)


def test_the_host_has_no_certificate(folder):
    assert "No such file" in _ask(folder, 1, certificate="missing")


def test_the_host_certificate_is_none(folder, tmp_path):
    broken = tmp_path / "broken.pem"
    broken.write_text("nothing")
    answer = tls.answer("127.0.0.1", 1, ca_file=str(folder / "host.pem"), certificate=str(broken))
    assert answer.startswith("no TLS connection: ")
