# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a site's recovery from the journals of its hosts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...core.plan import Change, Plan
from ..page import render_page
from ..report import build_report
from . import compare, plan

DRILL = "drill"


def build(options: Mapping[str, Any]) -> dict[str, Any]:
    """The report as a document.

    :param options: of the module ``recovery_report``.
    """
    journals = options["journals"]
    merged, steps = plan.merge(journals)
    begun = min(journal["facts"]["begun"] or journal["started"] for journal in journals.values())
    ended = [journal["facts"]["results"].get("serve", {}).get("serving", "") for journal in journals.values()]
    checks = []
    if options["kind"] == DRILL:
        source = options["source"]
        checks = compare.compare(source.get("before", {}), source.get("after", {}), options["found"])
    serving = max(ended) if all(ended) else ""
    rows = [*steps, plan.deploy_row(steps, serving)]
    return build_report(
        merged, rows, options["objectives"], kind=options["kind"], checks=checks, reached=plan.reached(journals),
        begun=begun, serving=serving, lost_from=options["lost"] or begun,
    )  # fmt: skip


def texts(options: Mapping[str, Any]) -> dict[str, str]:
    """The files of the report and what is in them."""
    report = build(options)
    name = max(str(journal["name"]) for journal in options["journals"].values())
    stem = f"{options['folder'].rstrip('/')}/{report['platform']}-{report['kind']}-{name}"
    return {f"{stem}.json": json.dumps(report, indent=2) + "\n", f"{stem}.html": render_page(report)}


def plan_report(options: Mapping[str, Any], present: Mapping[str, str]) -> Plan:
    """Write what is not there as it should be.

    :param present: the files that are there and what is in them.
    """
    wanted = texts(options)
    changes = [
        Change("write", path, "", "written", {"text": text})
        for path, text in wanted.items()
        if present.get(path) != text
    ]
    return Plan(tuple(changes), {"report": build(options), "paths": list(wanted)})
