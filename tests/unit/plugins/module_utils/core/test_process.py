# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.process import (
    LAST_LINES,
    CommandError,
    Completed,
    interact,
    run,
)


def test_output_and_exit_code_are_kept() -> None:
    done = run(["sh", "-c", "echo out; echo err >&2; exit 3"], check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n", "err\n")
    assert done.argv == ("sh", "-c", "echo out; echo err >&2; exit 3")


def test_arguments_are_not_read_by_a_shell() -> None:
    assert run(["printf", "%s", "$HOME; *"]).stdout == "$HOME; *"


def test_input_is_given_and_otherwise_empty() -> None:
    assert run(["cat"], input="secret\n").stdout == "secret\n"
    assert run(["cat"]).stdout == ""


def test_environment_is_added_to_the_present_one(tmp_path: Path) -> None:
    done = run(["sh", "-c", 'printf "%s %s %s" "$X" "$PATH" "$PWD"'], env={"X": "1"}, cwd=str(tmp_path))
    assert done.stdout == f"1 {os.environ['PATH']} {tmp_path}"
    assert "X" not in os.environ


def test_undecodable_output_is_no_failure() -> None:
    assert run(["printf", r"\377x"]).stdout == "\N{REPLACEMENT CHARACTER}x"


def test_failure_tells_what_it_said() -> None:
    with pytest.raises(CommandError) as raised:
        run(["sh", "-c", "echo progress; echo 'disk is full' >&2; exit 7"])
    assert raised.value.message == "sh -c echo progress; echo 'disk is full' >&2; exit 7 ended with 7: disk is full"


def test_failure_does_not_tell_its_input() -> None:
    with pytest.raises(CommandError) as raised:
        run(["false"], input="hunter2")
    assert "hunter2" not in str(raised.value)


def test_missing_program_has_a_hint() -> None:
    with pytest.raises(CommandError) as raised:
        run(["no-such-program", "--help"])
    assert raised.value.message == "no-such-program is not installed"
    assert raised.value.hint


def test_program_that_may_not_run_is_named(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    with pytest.raises(CommandError, match=f"{program} cannot be started: Permission denied"):
        run([str(program)])


def test_missing_folder_is_not_taken_for_a_missing_program(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"true cannot be started: No such file or directory: .*/nowhere"):
        run(["true"], cwd=str(tmp_path / "nowhere"))


def test_slow_program_is_killed(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    with pytest.raises(CommandError, match=r"did not end within 0\.5 s and was killed"):
        run([sys.executable, "-c", f"import os,time; open({str(mark)!r},'w').write(str(os.getpid())); time.sleep(60)"],
            timeout=0.5)  # fmt: skip
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


@pytest.mark.parametrize(
    ("stdout", "stderr", "said"),
    [
        ("out\n", "err\n", "err"),
        ("out\n", " \n", "out"),
        ("", "", ""),
        ("", "\n".join(str(number) for number in range(40)), "\n".join(str(n) for n in range(40 - LAST_LINES, 40))),
    ],
    ids=["errors come first", "blank errors do not", "silence", "the end of much"],
)
def test_last_lines(stdout: str, stderr: str, said: str) -> None:
    assert Completed(("x",), 1, stdout, stderr).last_lines == said


def test_a_program_on_our_terminal_writes_there_itself(capfd: pytest.CaptureFixture[str]) -> None:
    assert interact(["sh", "-c", "echo said; exit 3"]) == 3
    assert capfd.readouterr().out == "said\n"


def test_what_the_keyboard_sends_ends_the_program_and_not_us(capfd: pytest.CaptureFixture[str]) -> None:
    program = f"trap 'echo interrupted; exit 5' INT; kill -INT {os.getpid()}; kill -INT $$; sleep 10"
    assert interact(["sh", "-c", program]) == 5
    assert capfd.readouterr().out == "interrupted\n"


def test_a_missing_program_for_the_terminal_has_a_hint() -> None:
    with pytest.raises(CommandError, match="no-such-program is not installed") as raised:
        interact(["no-such-program"])
    assert raised.value.hint
