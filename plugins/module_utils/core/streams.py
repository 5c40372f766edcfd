# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door to programs that run long: what they say arrives while they run, and little of it is kept."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import IO

from .process import CommandError, Completed, not_started

KEPT_LINES = 500
INTERRUPT, TERMINATE = signal.SIGINT, signal.SIGTERM
# Between being asked to end and being killed: time for a program to give its locks back.
GRACE_SECONDS = 10.0


def follow(
    argv: Sequence[str],
    *,
    on_line: Callable[[str], None] | None = None,
    input: bytes | None = None,
    output: IO[bytes] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    timeout: float | None = None,
    ending: signal.Signals = INTERRUPT,
) -> Completed:
    """Run a program without a shell until it ends; any exit code is an answer.

    Of what it says the last 500 lines are kept. An exception, of ``on_line`` too, ends the program before it goes up.

    :param on_line: is given each line of standard output, without its end.
    :param input: bytes for its standard input; otherwise that is empty.
    :param output: takes standard output as it is, instead of ``on_line``.
    :param env: variables added to the present environment.
    :param timeout: seconds after which it is told to end, and killed when that does not end it.
    :param ending: the signal that tells it; ``runuser`` passes only SIGTERM on to what it runs.
    :raises CommandError: it could not be started, or took too long.
    """
    said: deque[str] = deque(maxlen=KEPT_LINES)
    complaints: deque[str] = deque(maxlen=KEPT_LINES)
    with _start(argv, input, output, env, cwd) as program, contextlib.ExitStack() as stack:
        _in_background(stack, lambda: _keep(program.stderr, complaints))
        if input is not None and program.stdin is not None:
            _in_background(stack, partial(_feed, program.stdin, input))
        # First of all at the end, so that the others see its ends of the pipes closed.
        stack.callback(_end, program, ending)
        if timeout is not None:
            stack.enter_context(_interrupted_after(timeout, argv[0], partial(_end, program, ending), complaints))
        for raw in program.stdout or ():
            line = raw.decode(errors="replace").rstrip("\r\n")
            said.append(line)
            if on_line:
                on_line(line)
        program.wait()
    return Completed(tuple(argv), program.returncode, "\n".join(said), "\n".join(complaints))


def _start(
    argv: Sequence[str],
    input: bytes | None,
    output: IO[bytes] | None,
    env: Mapping[str, str] | None,
    cwd: str | None,
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL if input is None else subprocess.PIPE,
            stdout=output or subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **env} if env else None,
            cwd=cwd,
        )
    except OSError as error:
        raise not_started(argv, error) from error


def _end(program: subprocess.Popen[bytes], ending: signal.Signals) -> None:
    if program.poll() is not None:
        return
    program.send_signal(ending)
    try:
        program.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()


@contextlib.contextmanager
def _interrupted_after(seconds: float, name: str, end: Callable[[], None], complaints: deque[str]) -> Iterator[None]:
    late = threading.Event()

    def stop() -> None:
        late.set()
        end()

    timer = threading.Timer(seconds, stop)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
    if late.is_set():
        last = f"; it said last: {complaints[-1][-300:]}" if complaints else ""
        raise CommandError(f"{name} did not end within {seconds:g} s and was ended{last}")


def _in_background(stack: contextlib.ExitStack, work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    stack.callback(thread.join, GRACE_SECONDS)


def _keep(stream: IO[bytes] | None, lines: deque[str]) -> None:
    for raw in stream or ():
        lines.append(raw.decode(errors="replace").rstrip("\r\n"))


def _feed(stream: IO[bytes], data: bytes) -> None:
    # A program that ended without reading all of it says why by its exit code.
    with contextlib.suppress(BrokenPipeError), contextlib.closing(stream):
        stream.write(data)
