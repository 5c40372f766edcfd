# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import BusyError
from ansible_collections.steward.platform.plugins.module_utils.core.locks import lock

HOLDER = """
import fcntl, sys
with open(sys.argv[1]) as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_process_holds(path: Path) -> Iterator[subprocess.Popen[str]]:
    path.touch()
    argv = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            yield holder
        finally:
            holder.kill()


def test_lock_is_free_again_after_the_block_and_after_an_error(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with pytest.raises(RuntimeError), lock(path, "first"):
        raise RuntimeError
    with lock(path, "second"):
        pass
    with lock(path, "third"):
        assert '"purpose": "third"' in Path(path).read_text()
    assert f"{os.stat(path).st_mode & 0o777:o}" == "600"


def test_second_holder_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with lock(path, "a deploy"), pytest.raises(BusyError) as raised, lock(path, "a backup"):
        pytest.fail("both hold it")
    assert f'"pid": {os.getpid()}' in raised.value.message
    assert '"purpose": "a deploy"' in raised.value.message
    assert '"since": "20' in raised.value.message
    assert raised.value.hint


def test_shorter_record_leaves_nothing_of_a_longer_one(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    for purpose in ("a very long purpose indeed", "x"):
        with lock(str(path), purpose):
            pass
    assert "indeed" not in path.read_text()
    assert path.read_text().endswith("}")


def test_lock_of_another_process_is_respected_until_it_dies(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with another_process_holds(path) as holder:
        with pytest.raises(BusyError), lock(str(path), "mine"):
            pytest.fail("both hold it")
        holder.kill()
        holder.wait()
        with lock(str(path), "mine"):
            pass


def test_waiting_ends_when_the_holder_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with another_process_holds(path) as holder:
        threading.Timer(0.3, holder.kill).start()
        started = time.monotonic()
        with lock(str(path), "mine", wait=30):
            assert 0.2 < time.monotonic() - started < 20


def test_waiting_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with another_process_holds(path):
        started = time.monotonic()
        with pytest.raises(BusyError), lock(str(path), "mine", wait=0.5):
            pytest.fail("both hold it")
        assert time.monotonic() - started >= 0.5
