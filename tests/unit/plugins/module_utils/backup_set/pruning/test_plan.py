# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.backup_set.catalogue import Entry
from ansible_collections.steward.platform.plugins.module_utils.backup_set.configuration import parse_configuration
from ansible_collections.steward.platform.plugins.module_utils.backup_set.judge import Seen
from ansible_collections.steward.platform.plugins.module_utils.backup_set.pruning import plan

from ..samples import NOW, catalogue, document, evidence, part, sealed

KEEP_ONE = {"last": 1, "days": 0, "weekly": 0, "monthly": 0, "wal_days": 0}


def full(day: int) -> dict[str, Any]:
    name = f"202412{day:02}_020000"
    return sealed(name, [part("postgresql", f"202412{day:02}-020000F"), part("configuration", f"c{day}")])


def seen(*days: int, **given: Any) -> Seen:
    given.setdefault("entries", catalogue(*(full(day) for day in days)))
    repositories = [{"name": "main", "type": "posix", "path": "/srv/backups", "retention": KEEP_ONE}]
    return Seen(parse_configuration(document(repositories=repositories)), now=NOW, zone=UTC, **given)


def test_what_is_not_kept_goes_with_its_manifest_first() -> None:
    (thinning,) = plan.plan_prune(seen(1, 2, 3), {})
    assert thinning.retention.remove == ("20241201_020000", "20241202_020000")
    assert thinning.batches == (
        ("manifest-20241201_020000-main", "manifest-20241202_020000-main"),
        ("c1", "c2"),
    )
    assert thinning.labels == ("20241201-020000F", "20241202-020000F")
    assert thinning.repository == "main"


def test_the_last_verified_set_and_what_is_in_use_stay() -> None:
    proved = evidence(3, set="20241201_020000", databases=[])
    (thinning,) = plan.plan_prune(seen(1, 2, 3, evidence=[proved]), {"20241202_020000": "it is being verified"})
    assert thinning.retention.remove == ()
    assert thinning.batches == thinning.labels == ()


def test_nothing_goes_from_a_copy() -> None:
    main = {"name": "main", "type": "posix", "path": "/srv/backups", "retention": KEEP_ONE}
    copy = {**document()["repositories"][1], "replicates": "main"}
    both = replace(seen(1, 2), configuration=parse_configuration(document(repositories=[main, copy])))
    assert [thinning.repository for thinning in plan.plan_prune(both, {})] == ["main"]


def test_the_report_tells_what_is_there_afterwards() -> None:
    before = seen(1, 2, 3)
    thinnings = plan.plan_prune(before, {})
    dry = plan.build_report(before, thinnings, None)
    assert (dry["dry_run"], [row["what"] for row in dry["sets"]]) == (
        True, ["kept", "would be removed", "would be removed"],
    )  # fmt: skip
    left = catalogue(full(2), full(3))
    done = plan.build_report(before, thinnings, left)
    assert [(row["set"], row["what"]) for row in done["sets"]] == [
        ("20241203_020000", "kept"),
        ("20241202_020000", "is still there"),
        ("20241201_020000", "removed"),
    ]
    assert plan.remaining(done) == ["20241202_020000 in main"]
    assert plan.orphans(before.entries, left, thinnings) == ["20241201_020000"]
    known = [*left, Entry("20241201_020000", "damaged")]
    assert plan.orphans(before.entries, known, thinnings) == ["20241201_020000"]
    assert "removed" in plan.render(done)


def test_nothing_to_show() -> None:
    empty = seen(entries=[])
    assert plan.render(plan.build_report(empty, plan.plan_prune(empty, {}), [])) == "There is no set yet.\n"
