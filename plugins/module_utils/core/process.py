# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only door to other programs."""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .errors import StewardError

LAST_LINES = 15


@dataclass(frozen=True)
class Completed:
    """A program that ended: its arguments, exit code and decoded output."""

    argv: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str

    @property
    def last_lines(self) -> str:
        """The end of what it said, errors first, for a message or a report."""
        said = self.stderr.strip() or self.stdout.strip()
        return "\n".join(said.splitlines()[-LAST_LINES:])


class CommandError(StewardError):
    """A program could not be started, took too long, or ended with an exit code that was not expected."""


def run(
    argv: Sequence[str],
    *,
    input: str | None = None,
    stdin_file: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    timeout: float | None = None,
    check: bool = True,
) -> Completed:
    """Run a program without a shell and wait for its end.

    :param input: text for its standard input: the place for a secret, which must never be in ``argv`` or ``env``.
    :param stdin_file: a file for its standard input, opened by us, whatever account the program runs as.
    :param env: variables added to the present environment.
    :param timeout: seconds after which it is killed; None waits for ever.
    :param check: raise when the exit code is not 0.
    :raises CommandError: as described there.
    """
    try:
        with open(stdin_file or os.devnull, "rb") as file:
            done = subprocess.run(
                list(argv),
                **({"stdin": file} if input is None else {"input": input}),
                capture_output=True,
                text=True,
                errors="replace",
                env={**os.environ, **env} if env else None,
                cwd=cwd,
                timeout=timeout,
                check=False,
            )
    except OSError as error:
        raise not_started(argv, error) from error
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"{' '.join(argv)} did not end within {timeout:g} s and was killed") from error
    completed = Completed(tuple(argv), done.returncode, done.stdout, done.stderr)
    if check and completed.returncode != 0:
        raise CommandError(f"{' '.join(argv)} ended with {completed.returncode}: {completed.last_lines}")
    return completed


def not_started(argv: Sequence[str], error: OSError) -> CommandError:
    """Why a program could not be started, and what to do."""
    if isinstance(error, FileNotFoundError) and error.filename == argv[0]:
        return CommandError(f"{argv[0]} is not installed", "Run the role that installs it first.")
    return CommandError(f"{argv[0]} cannot be started: {error.strerror}: {error.filename}")


def interact(argv: Sequence[str], *, account: str | None = None) -> int:
    """Run a program on the caller's own terminal and wait for its end; returns its exit code.

    What the keyboard or a lost connection sends reaches the program itself; we stay until it has ended.

    :param account: whose process it is; its home is the working directory.
    :raises CommandError: it could not be started.
    """
    user = pwd.getpwnam(account) if account else None
    home = {"HOME": user.pw_dir} if user else {}
    try:
        with _left_to_the_program():
            program = subprocess.Popen(
                list(argv),
                env={**os.environ, **home},
                cwd=user.pw_dir if user else None,
                user=user.pw_uid if user else None,
                group=user.pw_gid if user else None,
                # None of the caller's.
                extra_groups=[] if user else None,
            )
            try:
                return program.wait()
            except BaseException:
                # We were told to end: so is it.
                program.terminate()
                raise
    except OSError as error:
        raise not_started(argv, error) from error


@contextlib.contextmanager
def _left_to_the_program() -> Iterator[None]:
    # Caught, not ignored: what is ignored would be ignored by the program, too.
    numbers = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *given: None) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
