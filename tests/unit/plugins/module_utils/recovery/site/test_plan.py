# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.recovery import journal as journals
from ansible_collections.steward.platform.plugins.module_utils.recovery.model import Source, Target
from ansible_collections.steward.platform.plugins.module_utils.recovery.plan import Chosen, Wish
from ansible_collections.steward.platform.plugins.module_utils.recovery.site import plan

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ASKED = {"repository": "", "set": "", "target": "latest", "target_type": ""}
PARTS = ("configuration", "openbao", "postgresql", "redis-queue", "application_data")


def journal(parts=PARTS, seconds=10.0, moment="2026-11-28T11:59:00Z", **facts):
    rows = [{"part": part, "set": "20261128_020000"} for part in parts]
    document = {"platform": "shop", "parts": rows, "seconds": seconds, "moment": moment}
    known = {"asked": ASKED, "plan": document, "results": {}, **facts}
    return journals.new("20261128_120000", plan.steps_of(parts), known, NOW)


def test_the_steps_of_a_host_that_has_everything():
    assert plan.steps_of(PARTS) == [
        "keys openbao",
        "files configuration",
        "files application_data",
        "fetch openbao",
        "unlock openbao",
        "restore postgresql",
        "switch postgresql",
        "erasures postgresql",
        "fill redis-queue",
        "serve",
    ]


def test_a_host_that_lost_nothing_only_serves():
    assert plan.steps_of(["configuration"]) == ["serve"]


def test_each_step_belongs_to_one_stage():
    for step in plan.steps_of(PARTS):
        assert len([stage for stage in plan.STAGES if plan.is_of(step, stage)]) == 1


def test_a_stage_goes_on_where_it_was():
    begun = journal()
    assert plan.pending(begun, "database") == ["restore postgresql", "switch postgresql"]
    rows = [{**row, "state": "done"} if row["step"] == "restore postgresql" else row for row in begun["steps"]]
    assert plan.pending({**begun, "steps": rows}, "database") == ["switch postgresql"]


def test_the_plan_of_a_stage():
    begun = journal()
    assert [change.subject for change in plan.plan_stage("secrets", begun).changes] == [
        "fetch openbao",
        "unlock openbao",
    ]
    assert plan.plan_stage("content", journal(parts=["configuration"])).changed is False
    assert [change.subject for change in plan.plan_stage("source", None).changes] == ["keys", "files"]


def test_it_is_begun_once():
    assert plan.plan_stage("begin", None).changed is True
    assert plan.plan_stage("begin", journal()).changed is False
    assert plan.plan_stage("begin", {**journal(), "state": "finished"}).changed is True


def test_a_host_that_holds_data_is_refused_unless_we_put_it_there():
    plan.refuse_occupied("db1", [], None)
    plan.refuse_occupied("db1", ["/var/lib/openbao/raft/raft.db"], journal())
    for known in (None, {**journal(), "state": "finished"}):
        with pytest.raises(InputError, match=r"db1 holds data already, in /opt/shop/current; allowed is: a bare host"):
            plan.refuse_occupied("db1", ["/opt/shop/current"], known)


def test_a_repository_that_is_not_mounted_is_told():
    rows = [
        {"name": "local", "type": "posix", "path": "/srv/a"},
        {"name": "remote", "type": "s3", "path": "/shop"},
    ]
    assert [plan.folder_to_read(rows, name) for name in ("", "local", "remote", "other")] == [
        "/srv/a",
        "/srv/a",
        "",
        "",
    ]
    plan.refuse_absent("db1", "", lambda folder: False)
    plan.refuse_absent("db1", "/srv/a", lambda folder: True)
    with pytest.raises(InputError, match="db1 has none of its backups in /srv/a"):
        plan.refuse_absent("db1", "/srv/a", lambda folder: False)


def test_it_goes_on_as_it_was_begun():
    plan.refuse_other(journal(), ASKED)
    with pytest.raises(InputError, match=r"recovery_target is 'immediate', but the recovery .* with 'latest'"):
        plan.refuse_other(journal(), {**ASKED, "target": "immediate"})


def test_what_comes_back_is_described():
    wish = Wish("shop", "full_system", Source("repository", "local"), Target("latest"), 0, "beside")
    window = object()
    chosen = [
        Chosen("postgresql", "20261128_020000", 580_000_000, NOW, "20261128-020000F", window),  # type: ignore[arg-type]
        Chosen("logs", "20261128_020000", 1000, NOW, "a1"),
        Chosen("redis-queue", "20261128_020000", 0, NOW, "b2"),
    ]
    document = plan.described(wish, chosen)
    assert [part["part"] for part in document["parts"]] == ["postgresql", "redis-queue"]
    assert (document["seconds"], document["moment"]) == (370.0, "2026-11-28T12:00:00Z")
    assert plan.described(wish, chosen[2:])["moment"] == ""


def a_set(name, finished):
    return {"id": name, "parts": [{"part": "redis-queue", "id": f"of-{name}", "size": 7, "finished": finished}]}


def test_of_a_site_that_comes_back_to_the_end_the_newest_is_taken():
    sets = [a_set("20261128_110000", "2026-11-28T11:00:05Z"), a_set("20261128_115900", "2026-11-28T11:59:30Z")]
    sets[1]["parts"].append({**sets[1]["parts"][0], "part": "logs"})
    window = object()
    database = Chosen("postgresql", "20261128_110000", 1, NOW, "20261128-110000F", window)  # type: ignore[arg-type]
    chosen = [database, Chosen("redis-queue", "20261128_110000", 7, NOW, "of-20261128_110000")]
    latest = Wish("shop", "full_system", Source("repository", "local"), Target("latest"), 0, "beside")
    found = plan.with_newest(latest, chosen, sets, NOW)
    assert [each.label for each in found] == ["20261128-110000F", "of-20261128_115900"]
    # One whose only set ended after the last WAL was not chosen by its moment, and comes back all the same.
    assert plan.with_newest(latest, [database], sets, NOW) == found
    for other in (
        replace(latest, target=Target("immediate")),
        replace(latest, source=Source("set", "20261128_110000")),
    ):
        assert plan.with_newest(other, chosen, sets, NOW) == chosen


def test_the_deploy_between_the_steps_is_a_row_too():
    steps = [
        {"step": "web1: files application_data", "finished": "2026-11-28T12:00:57Z"},
        {"step": "db1: restore postgresql", "finished": "2026-11-28T12:03:00Z"},
    ]
    row = plan.deploy_row(steps, "2026-11-28T12:07:00Z")
    assert (row["started"], row["state"]) == ("2026-11-28T12:00:57Z", "done")
    assert plan.deploy_row([], "") == {"step": "deploy", "state": "running", "started": "", "finished": "", "error": ""}


def test_of_the_configuration_only_what_cannot_be_made_again():
    assert plan.carried_paths(["/etc/steward", "/etc/nginx"]) == ["/etc/steward/pki", "/etc/steward/openbao-admin.json"]
    assert plan.carried_paths(["/etc/steward/pki"]) == ["/etc/steward/pki"]
    assert plan.carried_paths(["/etc/stewardship"]) == []


def test_where_data_would_lie():
    places = plan.data_places("shop", ["queue"])
    assert "/var/lib/redis/queue/*" in places
    assert "/opt/shop/current" in places


def test_the_journals_of_all_hosts_become_one_report():
    database = journal(parts=["postgresql"], results={"restore postgresql": {"reached": "2026-11-28T11:58:00Z"}})
    database["steps"][0]["started"] = "2026-11-28T12:00:09Z"
    web = journal(parts=["application_data"], seconds=30.0, moment="")
    web["steps"][0]["started"] = "2026-11-28T12:00:01Z"
    merged, steps = plan.merge({"web1": web, "db1": database})
    assert [row["step"] for row in steps][:2] == ["web1: files application_data", "db1: restore postgresql"]
    assert (merged["seconds"], merged["moment"]) == (30.0, "2026-11-28T11:59:00Z")
    assert [part["part"] for part in merged["parts"]] == ["web1: application_data", "db1: postgresql"]
    assert plan.reached({"web1": web, "db1": database}) == "2026-11-28T11:58:00Z"


def test_one_host_needs_no_name():
    merged, steps = plan.merge({"demo": journal(parts=["postgresql"])})
    assert merged["parts"][0]["part"] == "postgresql"
    assert steps[0]["step"] == "restore postgresql"
    assert plan.reached({"demo": journal()}) == ""


def test_without_a_journal_there_is_no_report():
    with pytest.raises(InputError, match="journals is empty"):
        plan.merge({})
