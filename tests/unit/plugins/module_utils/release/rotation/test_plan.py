# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError, StewardError
from ansible_collections.steward.platform.plugins.module_utils.release.rotation.plan import (
    Entrance,
    choose,
    entrances,
    judge,
    plan_text,
    renewed_services,
)


def _files(*paths):
    return [{"name": path.upper(), "path": path, "format": "{value}"} for path in paths]


MODEL = {
    "name": "shop",
    "addresses": {"database": "10.0.0.1", "cache": "10.0.0.2"},
    "secrets": [
        {"path": "database/api", "kind": "credentials"},
        {"path": "redis/api", "kind": "credentials"},
        {"path": "database/job", "kind": "credentials"},
        {"path": "shop/key", "kind": "key"},
        {"path": "spare/key", "kind": "key"},
        {"path": "external/pay", "kind": "external", "variable": "pay_key"},
        {"path": "backup/restic-password", "kind": "key"},
        {"path": "backup/mac-key", "kind": "key"},
    ],
    "services": [
        {"name": "api", "secret_files": _files("database/api", "redis/api", "shop/key", "external/pay")},
        {"name": "job", "secret_files": _files("database/job", "shop/key")},
        {"name": "page", "secret_files": _files("external/pay")},
    ],
    "databases": [
        {"name": "orders", "clients": [{"path": "database/api"}, {"path": "database/job"}]},
        {"name": "archive", "clients": [{"path": "database/api"}]},
    ],
    "redis": [{"name": "cache", "port": 6379, "clients": [{"path": "redis/api"}]}],
}


def paths(service="", credential=""):
    return [row["path"] for row in choose(MODEL, service, credential)]


def test_all_generated_ones_are_meant_when_nothing_is_named():
    assert paths() == ["database/api", "redis/api", "database/job", "shop/key"], "and what nobody uses is left alone"


def test_those_of_a_service_or_one_by_its_path():
    assert paths(service="job") == ["database/job", "shop/key"]
    assert paths(credential="redis/api") == ["redis/api"]


@pytest.mark.parametrize(
    ("service", "credential", "message"),
    [
        pytest.param("api", "redis/api", "both given, allowed is one of them", id="both"),
        pytest.param("jop", "", "service jop is unknown, did you mean job?", id="an unknown service"),
        pytest.param("", "redis/apy", "credential redis/apy is unknown, did you mean redis/api?", id="an unknown path"),
        pytest.param("", "external/pay", "in the variable pay_key and deploy", id="one from outside"),
        pytest.param("page", "", "service page uses no secret that can be rotated", id="a service without"),
        pytest.param("", "spare/key", "credential spare/key is used by no service", id="one that nobody uses"),
        pytest.param(
            "",
            "backup/mac-key",
            "credential backup/mac-key is never rotated: the backups that there are could not be read any more",
            id="one that opens backups",
        ),
    ],
)
def test_what_is_refused(service, credential, message):
    with pytest.raises(InputError) as caught:
        choose(MODEL, service, credential)
    assert message in str(caught.value)


def test_a_platform_without_generated_secrets():
    with pytest.raises(InputError, match="no secret can be rotated"):
        choose({**MODEL, "secrets": []}, "", "")


def test_everybody_who_holds_a_chosen_secret_is_renewed():
    assert renewed_services(MODEL, choose(MODEL, "", "shop/key")) == ["api", "job"]
    assert renewed_services(MODEL, choose(MODEL, "", "redis/api")) == ["api"]


def test_the_plan_says_what_happens_and_what_does_not():
    phases = {"database/job": "promoted", "shop/key": "idle", "redis/api": "prepared"}
    lines = plan_text(MODEL, choose(MODEL, "job", ""), "job", phases).splitlines()
    assert lines[0] == "Rotate 2 generated secret(s) of shop:"
    assert lines[1].startswith("  database/job (continued, it is promoted): a new password on the other role")
    assert lines[2].startswith("  shop/key: a new value; what was signed")
    assert lines[2].endswith("used by api, job")
    assert lines[4] == "  fresh containers of the same images, and new OpenBao logins: api, job"
    assert lines[5] == (
        "  never rotated: backup/restic-password, backup/mac-key; the backups that there are could not be read any more"
    )
    assert lines[6] == "  unfinished and not part of this run: redis/api is prepared, rotate it too"
    assert len(lines) == 7


def test_a_secret_of_the_backups_is_left_alone_even_when_a_service_reads_it():
    services = [{"name": "page", "secret_files": _files("backup/mac-key", "shop/key")}]
    assert [row["path"] for row in choose({**MODEL, "services": services}, "", "")] == ["shop/key"]


def test_the_plan_without_backups_says_nothing_of_them():
    secrets = [row for row in MODEL["secrets"] if not row["path"].startswith("backup/")]
    model = {**MODEL, "secrets": secrets}
    assert "never rotated" not in plan_text(model, choose(model, "", ""), "", {})


def test_the_plan_for_all_names_what_comes_from_outside():
    text = plan_text(MODEL, choose(MODEL, "", ""), "", {})
    assert "not rotated here: external/pay, give pay_key and deploy" in text


def test_a_credential_is_tried_wherever_it_opens_something():
    assert entrances(MODEL, ["database/api", "redis/api", "shop/key"]) == [
        Entrance("database/api", "10.0.0.1", 5432, "orders"),
        Entrance("database/api", "10.0.0.1", 5432, "archive"),
        Entrance("redis/api", "10.0.0.2", 6379),
    ]


ORDERS = Entrance("database/api", "10.0.0.1", 5432, "orders")
CACHE = Entrance("redis/api", "10.0.0.2", 6379)


def test_refused_ones_are_told():
    tried = [(ORDERS, {"current": True, "old": False}), (CACHE, {"current": True})]
    assert judge(tried) == ["database/api at 10.0.0.1:5432/orders"]


def test_an_old_one_that_works_or_a_current_one_that_does_not_is_an_error():
    with pytest.raises(StewardError) as caught:
        judge([(ORDERS, {"current": True, "old": True}), (CACHE, {"current": False, "old": False})])
    assert caught.value.message == (
        "the old credential database/api at 10.0.0.1:5432/orders is accepted; "
        "the current credential redis/api at 10.0.0.2:6379 is refused"
    )
