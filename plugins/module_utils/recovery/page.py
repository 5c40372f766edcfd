# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one HTML page that needs nothing else: no script, no font, no address."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from ..core.table import duration
from ..core.table import size as in_words

TITLES = {"recovery": "Recovery", "drill": "Recovery drill"}
_HASH = re.compile(r"[0-9a-f]{64}")
WORDS = {"pass": "passed", "warn": "passed with warnings", "fail": "failed", "unknown": "not proved"}
STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --faint: #5b6675; --line: #d5dbe3; --paper: #fff; --card: #f5f7fa;
  --pass: #1a7f4b; --warn: #946200; --fail: #c22f2f; --unknown: #5b6675; --bar: #3d6fb6; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9f0; --faint: #9aa6b5; --line: #343d4a; --paper: #14181f;
  --card: #1d232c; --pass: #4cc38a; --warn: #e0a83a; --fail: #ff7b72; --unknown: #9aa6b5; --bar: #6ea0e8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
p.about { color: var(--faint); margin: .2rem 0 1.4rem; }
.verdict { font-weight: 600; } .pass { color: var(--pass); } .warn { color: var(--warn); } .fail { color: var(--fail); }
.unknown { color: var(--unknown); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: .8rem; margin: 0; }
.figures div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .7rem .9rem; }
dt { color: var(--faint); font-size: .85rem; } dd { margin: 0; font-size: 1.15rem; font-weight: 600; }
dd small { display: block; font-size: .8rem; font-weight: 400; color: var(--faint); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; padding: .4rem .7rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--faint); font-weight: 500; white-space: nowrap; } td.number { white-space: nowrap;
  font-variant-numeric: tabular-nums; }
td.chart { width: 38%; min-width: 9rem; } td.chart div { position: relative; height: .75rem; margin-top: .35rem;
  background: var(--card); border-radius: 3px; }
td.chart span { position: absolute; top: 0; bottom: 0; min-width: 3px; border-radius: 3px; background: var(--bar); }
td.chart span.failed { background: var(--fail); }
@media print { body { max-width: none; padding: 0; } }
"""


def render_page(report: Mapping[str, Any]) -> str:
    """The page; whatever comes from outside is escaped."""
    title = f"{TITLES[report['kind']]} of {escape(report['platform'])}"
    verdict = report["verdict"]
    target = f"{report['target']['type']} {report['target']['value']}".strip()
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: {WORDS[verdict]}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{title}: <span class="verdict {verdict}">{WORDS[verdict]}</span></h1>
<p class="about">{escape(report["scope"])} to {escape(target)}, begun {escape(report["begun"] or "never")}</p>
<dl class="figures">
{_figures(report)}</dl>
<h2>Findings</h2>
{_table(("Result", "What", "Seen"), [_finding(row) for row in report["findings"]])}
<h2>Timeline</h2>
{_table(("Step", "State", "At", "Took", ""), _timeline(report["timeline"]))}
<h2>Where it came from</h2>
{_table(("Part", "Set", "Backup", "Size", "As of"), [_part(row) for row in report["parts"]])}
</body>
</html>
"""


def _figures(report: Mapping[str, Any]) -> str:
    objectives = report["objectives"]
    rows = [
        ("Served again after", _time(report["rto_seconds"]), _goal(objectives["rto_seconds"])),
        ("Work lost", _time(report["rpo_seconds"]), _goal(objectives["rpo_seconds"])),
        ("Last commit", escape(report["reached"].replace("T", " ") or "unknown"), "that is there"),
        ("Expected", _time(report["planned_seconds"]), "by the plan"),
    ]
    return "".join(f"<div><dt>{name}</dt><dd>{value}<small>{more}</small></dd></div>\n" for name, value, more in rows)


def _time(seconds: float | None) -> str:
    return "not measured" if seconds is None else duration(seconds)


def _goal(seconds: float | None) -> str:
    return "no objective declared" if seconds is None else f"objective: {duration(seconds)}"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells that are HTML already."""
    head = "".join(f"<th>{title}</th>" for title in titles)
    body = "".join(f"<tr>{''.join(row)}</tr>\n" for row in rows)
    table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"
    return f'<div class="scroll">{table}</div>'


def _cell(text: object, kind: str = "") -> str:
    attribute = f' class="{kind}"' if kind else ""
    return f"<td{attribute}>{escape(str(text))}</td>"


def _finding(row: Mapping[str, Any]) -> list[str]:
    hint = f". {row['hint']}" if row["hint"] else ""
    return [_cell(row["status"], row["status"]), _cell(row["name"]), _cell(row["message"] + hint)]


def _timeline(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    total = max([(row["offset"] or 0) + (row["seconds"] or 0) for row in rows], default=0) or 1
    return [_step(row, total) for row in rows]


def _step(row: Mapping[str, Any], total: float) -> list[str]:
    begin, length = (100 * (row[name] or 0) / total for name in ("offset", "seconds"))
    kind = ' class="failed"' if row["state"] == "failed" else ""
    # Nothing is drawn for what never began; a short step stays inside on the right.
    span = f'<span{kind} style="left:min({begin:.2f}%, calc(100% - 3px));width:{length:.2f}%"></span>'
    chart = f'<td class="chart"><div>{span if row["started"] else ""}</div></td>'
    said = f"{row['step']}: {row['error']}" if row["error"] else row["step"]
    state = _cell(row["state"], "fail" if row["state"] == "failed" else "")
    at = "" if row["offset"] is None else f"+{duration(row['offset'])}"
    took = "" if row["seconds"] is None else duration(row["seconds"])
    return [_cell(said), state, _cell(at, "number"), _cell(took, "number"), chart]


def _part(row: Mapping[str, Any]) -> list[str]:
    size = in_words(row["size"])
    # An engine that names by a hash takes the beginning of it, too.
    backup = row["backup"][:12] if _HASH.fullmatch(row["backup"]) else row["backup"]
    cells = [_cell(row["part"]), _cell(row["set"]), _cell(backup), _cell(size, "number")]
    return [*cells, _cell(row["moment"], "number")]
