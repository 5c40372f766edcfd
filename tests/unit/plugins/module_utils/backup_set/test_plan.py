# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.steward.platform.plugins.module_utils.backup_set import plan
from ansible_collections.steward.platform.plugins.module_utils.backup_set.catalogue import Entry
from ansible_collections.steward.platform.plugins.module_utils.backup_set.model import Wanted

CONFIGURATION = Wanted("configuration", "configuration", "restic", "snapshot")


def test_a_set_that_is_young_enough_is_no_change() -> None:
    entry = Entry("20241225_143000", "published", {"id": "20241225_143000", "type": "full"})
    young = plan.plan_set("full", [CONFIGURATION], entry)
    assert not young.changed
    assert young.facts == {"set": entry.manifest, "problems": []}


def test_a_set_is_made_of_the_parts_of_the_host() -> None:
    made = plan.plan_set("config", [CONFIGURATION], None)
    assert [(each.subject, each.after) for each in made.changes] == [
        ("a set of type config", "configuration: snapshot, by restic")
    ]


def test_a_host_that_has_nothing_of_the_type_makes_none_and_says_so() -> None:
    none = plan.plan_set("schema", [], None)
    assert not none.changed
    assert none.facts["set"] is None
    assert none.facts["problems"][0].startswith("this host has nothing that a set of type schema holds")
