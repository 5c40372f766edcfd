# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError, StewardError
from ansible_collections.steward.platform.plugins.module_utils.pki.model import (
    Authority,
    Certificate,
    Held,
    KeyFile,
    Wish,
    canonical,
)
from ansible_collections.steward.platform.plugins.module_utils.pki.plan import (
    plan_authority,
    plan_issue,
    plan_request,
    reason_to_issue,
    validity,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ROW = {
    "name": "host",
    "path": "/s/host.pem",
    "key": "/s/host.key",
    "names": ["DB1", "FD00:0::1"],
    "days": 90,
    "usages": ["server"],
    "key_mode": "0640",
    "key_group": "steward-tls",
}
WISH = Wish.read(ROW)
KEY = KeyFile("aa", "0640", "root", "steward-tls")
GOOD = Certificate("PEM", ("fd00::1", "db1"), ("server",), "aa", NOW - timedelta(days=30), NOW + timedelta(days=60))
HELD = Held(GOOD, KEY, trusted=True, csr="CSR")


def test_names_have_one_spelling() -> None:
    assert (WISH.names, canonical("10.0.0.1")) == (("db1", "fd00::1"), "10.0.0.1")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"names": []}, "the certificate host has no names, at least one is needed"),
        ({"days": 0}, "the certificate host lasts 0 days, at least 1 is needed"),
    ],
)
def test_wish_that_cannot_be_granted_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Wish.read({**ROW, **change})


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        pytest.param(HELD, "", id="good"),
        pytest.param(Held(None, KEY), "there is none", id="missing"),
        pytest.param(replace(HELD, key=None), "its key is another one", id="key missing"),
        pytest.param(replace(HELD, key=replace(KEY, public_key="bb")), "its key is another one", id="other key"),
        pytest.param(replace(HELD, trusted=False), "another authority signed it", id="other authority"),
        pytest.param(replace(HELD, certificate=replace(GOOD, names=("db2",))), "its names are db2", id="other names"),
        pytest.param(replace(HELD, certificate=replace(GOOD, names=())), "its names are none", id="no names"),
        pytest.param(replace(HELD, certificate=replace(GOOD, usages=())), "its usages are none", id="no usages"),
        pytest.param(
            replace(HELD, certificate=replace(GOOD, not_after=NOW + timedelta(days=14))),
            "it ends on 2026-06-15",
            id="in the last third",
        ),
        pytest.param(
            replace(HELD, certificate=replace(GOOD, not_after=NOW + timedelta(days=15))),
            "",
            id="at the last third's very beginning",
        ),
    ],
)
def test_reason_to_issue(held: Held, reason: str) -> None:
    assert reason_to_issue(WISH, held, NOW) == reason


def test_certificate_begins_earlier_and_never_outlives_its_authority() -> None:
    begins = NOW - timedelta(minutes=5)
    assert validity(90, NOW, NOW + timedelta(days=900)) == (begins, NOW + timedelta(days=90))
    assert validity(90, NOW, NOW + timedelta(days=10)) == (begins, NOW + timedelta(days=10))


def test_nothing_changes_and_nothing_is_due_when_all_is_good() -> None:
    plan = plan_request([WISH], {"host": HELD}, NOW)
    assert not plan.changed
    assert plan.facts == {"requests": [], "certificates": {"host": "PEM"}}


def test_fresh_host_makes_its_key_and_requests() -> None:
    plan = plan_request([WISH], {"host": Held(None, None)}, NOW)
    assert [(change.action, change.subject, change.data) for change in plan.changes] == [
        ("create key", "/s/host.key", {"mode": "0640", "group": "steward-tls"})
    ]
    assert plan.facts["certificates"] == {}
    granted = {"names": ["db1", "fd00::1"], "usages": ["server"], "days": 90}
    assert plan.facts["requests"] == [{"name": "host", "reason": "there is none", "csr": "", **granted}]


def test_key_with_other_access_is_protected_and_kept() -> None:
    plan = plan_request([WISH], {"host": replace(HELD, key=replace(KEY, mode="0644", group="root"))}, NOW)
    (change,) = plan.changes
    assert (change.action, change.before, change.after) == (
        "set access of the key",
        "root root 0644",
        "root steward-tls 0640",
    )
    assert plan.facts["requests"] == []


def test_each_request_is_one_change() -> None:
    row = {"name": "host", "reason": "there is none", "names": ["db1", "db2"], "days": 90, "csr": "CSR"}
    (change,) = plan_issue([row]).changes
    assert (change.subject, change.before, change.after) == ("host", "there is none", "db1, db2 for 90 days")
    assert change.data == row
    assert not plan_issue([]).changed


AUTHORITY = Authority(KeyFile("aa", "0400", "root", "root"), replace(GOOD, pem="CA"), ("root", "root", "0644"))


@pytest.mark.parametrize(
    ("seen", "actions", "certificate"),
    [
        pytest.param(Authority(None, None), ["create key", "issue"], "", id="nothing there"),
        pytest.param(AUTHORITY, [], "CA", id="complete"),
        pytest.param(Authority(AUTHORITY.key, None), ["issue"], "", id="interrupted after the key"),
        pytest.param(
            replace(AUTHORITY, key=KeyFile("aa", "0644", "root", "root")),
            ["set access of the key"],
            "CA",
            id="readable key",
        ),
        pytest.param(
            replace(AUTHORITY, access=("root", "root", "0600")), ["set access"], "CA", id="unreadable certificate"
        ),
    ],
)
def test_authority_is_made_once_and_completed(seen: Authority, actions: list[str], certificate: str) -> None:
    plan = plan_authority(seen, "x CA", 10, "/ca")
    assert [change.action for change in plan.changes] == actions
    assert plan.facts == {"certificate": certificate}


@pytest.mark.parametrize(
    ("seen", "subject", "said"),
    [
        pytest.param(replace(AUTHORITY, key=None), "x", "/ca/ca.pem is there, its key /ca/ca.key is not", id="no key"),
        pytest.param(
            replace(AUTHORITY, key=KeyFile("bb", "0400", "root", "root")),
            "x",
            "/ca/ca.key is not the key of",
            id="other key",
        ),
        pytest.param(AUTHORITY, "", "subject is '', allowed is", id="no subject"),
        pytest.param(AUTHORITY, "x" * 65, "allowed is a text of 1 to 64 characters", id="long subject"),
    ],
)
def test_authority_that_would_cut_off_its_clients_is_refused(seen: Authority, subject: str, said: str) -> None:
    with pytest.raises(StewardError, match=said):
        plan_authority(seen, subject, 10, "/ca")
