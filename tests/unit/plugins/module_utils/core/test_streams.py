# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.process import CommandError
from ansible_collections.steward.platform.plugins.module_utils.core.streams import KEPT_LINES, follow


def test_lines_arrive_while_it_runs(tmp_path: Path) -> None:
    seen: list[str] = []
    heard = tmp_path / "heard"

    def answer(line: str) -> None:
        seen.append(line)
        heard.touch()

    script = f"echo one; until [ -e {heard} ]; do sleep 0.05; done; echo two; echo bad >&2; exit 3"
    done = follow(["sh", "-c", script], on_line=answer, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (3, "one\ntwo", "bad")
    assert seen == ["one", "two"]


def test_only_the_last_lines_are_kept() -> None:
    done = follow(["sh", "-c", "seq 2000; seq 2000 >&2"])
    assert done.stdout.splitlines() == done.stderr.splitlines() == [str(n) for n in range(2001 - KEPT_LINES, 2001)]


def test_input_is_given_whole_and_may_be_left_unread() -> None:
    data = b"x" * 1_000_000
    assert follow(["wc", "-c"], input=data).stdout.strip() == "1000000"
    assert follow(["true"], input=data).returncode == 0
    assert follow(["cat"]).stdout == ""


def test_output_goes_to_a_file_as_it_is(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as file:
        follow(["printf", r"\377\n\0"], output=file)
    assert (tmp_path / "out").read_bytes() == b"\xff\n\x00"


def test_environment_is_added() -> None:
    assert follow(["sh", "-c", 'echo "$X:${PATH:+set}"'], env={"X": "1"}).stdout == "1:set"


def test_what_takes_too_long_is_interrupted() -> None:
    program = "import signal, sys, time\nsignal.signal(signal.SIGINT, lambda *given: exit(7))\n"
    program += "print('no route', file=sys.stderr, flush=True)\ntime.sleep(60)"
    with pytest.raises(CommandError, match=r"did not end within 3 s and was ended; it said last: no route"):
        follow([sys.executable, "-c", program], timeout=3)
    with pytest.raises(CommandError, match=r"within 0\.1 s and was ended$"):
        follow(["sleep", "60"], timeout=0.1)
    assert follow(["true"], timeout=30).returncode == 0


def test_an_exception_ends_the_program() -> None:
    def refuse(line: str) -> None:
        raise ValueError(line)

    with pytest.raises(ValueError, match=r"\d+") as said:
        follow(["sh", "-c", "echo $$; exec sleep 600"], on_line=refuse)
    with pytest.raises(ProcessLookupError):
        os.kill(int(str(said.value)), 0)


def test_missing_program_has_a_hint() -> None:
    with pytest.raises(CommandError, match="no-such-program is not installed"):
        follow(["no-such-program"])
