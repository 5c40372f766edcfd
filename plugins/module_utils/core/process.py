# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only door to other programs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
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
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    timeout: float | None = None,
    check: bool = True,
) -> Completed:
    """Run a program without a shell and wait for its end.

    :param input: text for its standard input: the place for a secret, which must never be in ``argv`` or ``env``.
    :param env: variables added to the present environment.
    :param timeout: seconds after which it is killed; None waits for ever.
    :param check: raise when the exit code is not 0.
    :raises CommandError: as described there.
    """
    try:
        done = subprocess.run(
            list(argv),
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            env={**os.environ, **env} if env else None,
            cwd=cwd,
            timeout=timeout,
            check=False,
        )
    except OSError as error:
        if isinstance(error, FileNotFoundError) and error.filename == argv[0]:
            raise CommandError(f"{argv[0]} is not installed", "Run the role that installs it first.") from error
        raise CommandError(f"{argv[0]} cannot be started: {error.strerror}: {error.filename}") from error
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"{' '.join(argv)} did not end within {timeout:g} s and was killed") from error
    completed = Completed(tuple(argv), done.returncode, done.stdout, done.stderr)
    if check and completed.returncode != 0:
        raise CommandError(f"{' '.join(argv)} ended with {completed.returncode}: {completed.last_lines}")
    return completed
