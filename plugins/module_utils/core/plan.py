# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One plan gives ``changed``, the diff and the work, so that they cannot disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Change:
    """One thing that is to become different.

    ``action`` is the verb the domain's client knows, ``subject`` the thing (a path, a role's name); ``before`` and
    ``after`` are what people see in the diff, never a secret; ``data`` is what the client needs to do it.
    """

    action: str
    subject: str
    before: str = ""
    after: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """The changes in the order in which they are made, and facts to return whether anything changes or not."""

    changes: tuple[Change, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        return bool(self.changes)

    def diff(self) -> list[dict[str, str]]:
        """The changes as Ansible shows them, one entry a change."""
        return [
            {
                "before_header": change.subject,
                "after_header": f"{change.subject} ({change.action})",
                "before": _line(change.before),
                "after": _line(change.after),
            }
            for change in self.changes
        ]


def _line(text: str) -> str:
    """Text ending with a line feed, without which the diff would show one as missing."""
    return text if not text or text.endswith("\n") else f"{text}\n"
