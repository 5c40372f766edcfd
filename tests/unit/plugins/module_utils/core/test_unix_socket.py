# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.unix_socket import SocketError, ask


@contextmanager
def serving(path: Path, answer: Callable[[socket.socket, bytes], None]) -> Iterator[str]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            connection, _address = listener.accept()
            with connection:
                answer(connection, connection.recv(1000))

        thread = threading.Thread(target=serve)
        thread.start()
        yield str(path)
        thread.join()


def test_the_question_is_one_line_and_the_answer_is_whole(tmp_path: Path) -> None:
    def answer(connection: socket.socket, question: bytes) -> None:
        connection.sendall(question.upper() + b"x" * 200_000)

    with serving(tmp_path / "socket", answer) as path:
        assert ask(path, "show stat") == "SHOW STAT\n" + "x" * 200_000


def test_silence_is_an_error(tmp_path: Path) -> None:
    with (
        serving(tmp_path / "socket", lambda connection, _question: connection.recv(1) and None) as path,
        pytest.raises(SocketError, match=r"gives no answer to 'show stat': timed out"),
    ):
        ask(path, "show stat", timeout=0.3)


def test_nobody_there_is_an_error_that_names_the_socket(tmp_path: Path) -> None:
    with pytest.raises(SocketError, match=f"{tmp_path}/none gives no answer to 'x': No such file or directory"):
        ask(f"{tmp_path}/none", "x")
