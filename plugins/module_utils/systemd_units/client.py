# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask and command systemd, one call for all units of a kind."""

from __future__ import annotations

from collections.abc import Sequence

from ..core import process, systemd
from ..core.errors import StewardError
from ..core.plan import Plan
from .parse import PROPERTIES, Unit, parse_units

# A unit may take TimeoutStartSec (90 s) by default, and several are started at once.
SECONDS = 300


def observe(names: Sequence[str]) -> dict[str, Unit]:
    """The state of units; one that systemd does not know is ``not-found``."""
    asked = list(dict.fromkeys(names))
    if not asked:
        return {}
    shown = process.run(["systemctl", "show", f"--property={','.join(PROPERTIES)}", "--", *asked], timeout=SECONDS)
    return parse_units(asked, shown.stdout)


def apply(plan: Plan) -> None:
    """Carry out the plan.

    :raises StewardError: systemd refused; the message ends with what the units said last.
    """
    for action in dict.fromkeys(change.action for change in plan.changes):
        names = [change.subject for change in plan.changes if change.action == action]
        if action == "start":
            systemd.lift_start_limit(names)
        try:
            process.run(["systemctl", action, "--", *names], timeout=SECONDS)
        except process.CommandError as error:
            raise StewardError(
                f"{error.message}\n{systemd.last_words(names)}", "Correct the units, then run again."
            ) from error
