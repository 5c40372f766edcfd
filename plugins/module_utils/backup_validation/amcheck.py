# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pg_amcheck: whether tables and indexes are sound inside."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .model import ACCOUNT, ASSERTED, Check, Scratch

CLEAN, CORRUPT = 0, 2
EXTENSION = "amcheck"
# What was verified may become what is live, and then holds what it held.
DROP = f"DROP EXTENSION IF EXISTS {EXTENSION}"
# As pg_amcheck 17 says it, e.g. `btree index "shop.public.orders_pkey":`; a heap's line goes on with its block.
_PLACE = re.compile(r'(?:btree index|heap table) "(?P<relation>[^"]+)"[^:]*:')


def build_argv(scratch: Scratch, *, jobs: int = 2) -> list[str]:
    """Check all databases of the instance; the extension is made in them where it is missing."""
    program = f"/usr/lib/postgresql/{scratch.version}/bin/pg_amcheck"
    argv = [program, "--host", scratch.sockets, "--port", str(scratch.port), "--username", ACCOUNT, "--no-password"]
    return [*argv, "--all", "--install-missing", "--heapallindexed", "--parent-check", "--jobs", str(jobs)]


def parse_output(text: str) -> list[dict[str, str]]:
    """What is damaged, each relation with what is said of it.

    >>> parse_output('btree index "shop.public.a":\\n    ERROR:  item order invariant violated\\n')
    [{'relation': 'shop.public.a', 'message': 'ERROR:  item order invariant violated'}]
    """
    found: list[dict[str, str]] = []
    for line in text.splitlines():
        place = _PLACE.match(line)
        if place:
            found.append({"relation": place["relation"], "message": ""})
        elif found and line.startswith(" ") and not found[-1]["message"]:
            found[-1]["message"] = line.strip()
    return found


def amcheck_checks(returncode: int, output: str, errors: Sequence[str]) -> list[Check]:
    """The verdict from how the program ended.

    :param errors: the last lines of its error output.
    """
    damaged = parse_output(output)
    figures = {"exit_code": returncode, "damaged": damaged[:50], "count": len(damaged)}
    if returncode == CLEAN and not damaged:
        return [Check(ASSERTED, "amcheck", "pass", "tables and indexes are sound", figures)]
    if damaged:
        names = sorted({row["relation"] for row in damaged})
        return [Check(ASSERTED, "amcheck", "fail", f"damaged: {', '.join(names[:5])}", figures)]
    status = "fail" if returncode == CORRUPT else "unknown"
    said = " ".join(errors[-3:]) or output.strip()[-300:]
    return [Check(ASSERTED, "amcheck", status, f"pg_amcheck ended with {returncode}: {said}", figures)]
