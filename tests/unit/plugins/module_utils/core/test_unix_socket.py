# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.unix_socket import SocketError, ask


class Echo(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"heard " + self.rfile.readline() + b"x" * 100_000)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    path = str(tmp_path / "s")
    with socketserver.UnixStreamServer(path, Echo) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield path
        listening.shutdown()
        thread.join()


def test_an_answer_is_read_to_its_end(server: str) -> None:
    assert ask(server, "hello") == "heard hello\n" + "x" * 100_000


def test_nobody_listening_is_told_with_path_and_question(tmp_path: Path) -> None:
    with pytest.raises(SocketError, match=r"/none gives no answer to 'hello': No such file or directory"):
        ask(str(tmp_path / "none"), "hello")
