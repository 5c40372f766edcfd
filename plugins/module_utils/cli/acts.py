# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of what people do here by hand, one JSON object a line."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..core import clock, files
from ..core.errors import InputError, StewardError

LOG = "/var/log/steward/acts.jsonl"
DONE, NOTHING, FAILED = "done", "nothing to do", "failed"


@contextmanager
def recorded(act: str, subject: str) -> Iterator[dict[str, Any]]:
    """Record an act with its result, which the block may change: ``entry["result"]``.

    What could not be recorded is not begun; bad input is no act.

    :param act: the verb, ``app restart``.
    """
    entry: dict[str, Any] = {"time": clock.to_text(clock.now()), "who": _who(), "act": act, "subject": subject}
    started = time.monotonic()
    with files.appending(LOG) as append:
        entry["result"] = DONE
        try:
            yield entry
        except InputError:
            entry.clear()
            raise
        except StewardError as error:
            entry |= {"result": FAILED, "error": error.message}
            raise
        except BaseException as error:
            entry |= {"result": FAILED, "error": type(error).__name__}
            raise
        finally:
            if entry:
                append({**entry, "seconds": round(time.monotonic() - started, 1)})


def _who() -> dict[str, str]:
    """Who gave the command: by sudo, by the login the kernel remembers, and from where."""
    return {
        "user": os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name,
        "login": _login(),
        "terminal": os.ttyname(0) if os.isatty(0) else "",
    }


def _login() -> str:
    try:
        return os.getlogin()
    except OSError:
        # A timer, or a session without a login.
        return ""
