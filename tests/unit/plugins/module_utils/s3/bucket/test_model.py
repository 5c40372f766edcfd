# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.s3.bucket.model import (
    GRANTS,
    Lock,
    build_bucket,
    parse_lifecycle,
    parse_policy,
    render_lifecycle,
    render_policy,
)

BACKUP = "arn:aws:iam::000000000000:user/backup"
RULE: dict[str, Any] = {
    "name": "old",
    "prefix": "",
    "expire_days": None,
    "noncurrent_days": None,
    "noncurrent_keep": None,
    "expire_markers": False,
    "abort_multipart_days": None,
}
WISH: dict[str, Any] = {"name": "backups", "versioning": True, "lock": None, "lifecycle": None, "grants": None}
# Recorded from SeaweedFS 4.48.
SEEN_RULES = [
    {
        "ID": "old",
        "Filter": {"Prefix": ""},
        "Status": "Enabled",
        "NoncurrentVersionExpiration": {"NoncurrentDays": 35},
    },
    {
        "Expiration": {"ExpiredObjectDeleteMarker": True},
        "ID": "keep",
        "Filter": {"Prefix": "b/"},
        "Status": "Enabled",
        "NoncurrentVersionExpiration": {"NoncurrentDays": 35, "NewerNoncurrentVersions": 3},
    },
    {
        "Expiration": {"Days": 3},
        "ID": "mp",
        "Filter": {"Prefix": "a/"},
        "Status": "Enabled",
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2},
    },
]
SEEN_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "read0part0",
            "Effect": "Allow",
            "Principal": {"AWS": [BACKUP]},
            "Action": ["s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketLocation"],
            "Resource": "arn:aws:s3:::backups",
        },
        {
            "Sid": "read0part1",
            "Effect": "Allow",
            "Principal": {"AWS": [BACKUP]},
            "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Resource": "arn:aws:s3:::backups/*",
        },
    ],
}


def rule(**given: Any) -> dict[str, Any]:
    return {**RULE, **given}


def test_rules_are_those_a_server_answers() -> None:
    rows = [
        rule(noncurrent_days=35),
        rule(name="mp", prefix="a/", abort_multipart_days=2, expire_days=3),
        rule(name="keep", prefix="b/", expire_markers=True, noncurrent_days=35, noncurrent_keep=3),
    ]
    assert render_lifecycle(rows) == parse_lifecycle(SEEN_RULES)


def test_a_server_may_answer_a_prefix_in_the_old_way() -> None:
    assert parse_lifecycle([{"ID": "a", "Prefix": "x"}, {"ID": "b"}]) == (
        {"ID": "a", "Filter": {"Prefix": "x"}},
        {"ID": "b", "Filter": {"Prefix": ""}},
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param([rule()], "lifecycle[0] removes nothing", id="a rule without effect"),
        pytest.param([rule(name="a b", expire_days=1)], "lifecycle[0].name is 'a b'", id="a name with a blank"),
        pytest.param([rule(expire_days=1)] * 2, "lifecycle[1].name is 'old'", id="a name twice"),
        pytest.param([rule(expire_days=0)], "lifecycle[0].expire_days is 0", id="no days"),
        pytest.param([rule(expire_days=1, noncurrent_keep=2)], "needs noncurrent_days", id="kept, but nothing goes"),
        pytest.param([rule(expire_days=1, expire_markers=True)], "allowed is one of them", id="two expirations"),
    ],
)
def test_bad_rules_are_refused(rows: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        render_lifecycle(rows)


def test_a_policy_is_the_one_a_server_answers() -> None:
    grants = [{"principal": BACKUP, "grant": "read", "prefix": ""}]
    assert render_policy("backups", grants) == parse_policy(SEEN_POLICY)


def test_no_grant_deletes_a_version_and_append_deletes_locks_only() -> None:
    assert not [part for grant in GRANTS.values() for part in grant if "s3:DeleteObjectVersion" in part]
    policy = render_policy("backups", [{"principal": BACKUP, "grant": "append", "prefix": "restic/web"}])
    deleting = [row["Resource"] for row in policy["Statement"] if "s3:DeleteObject" in row["Action"]]
    base = "arn:aws:s3:::backups/restic/web"
    assert deleting == [[f"{base}/*/locks/*", f"{base}/locks/*"]]


def test_no_grants_are_no_policy() -> None:
    assert render_policy("backups", []) == {} == parse_policy({})


def test_a_single_statement_may_stand_alone() -> None:
    assert parse_policy({"Statement": {"Action": ["a"]}}) == {"Statement": [{"Action": "a"}]}


@pytest.mark.parametrize(
    ("grant", "message"),
    [
        pytest.param({"principal": "backup", "prefix": ""}, "grants.0..principal is 'backup'", id="a bare name"),
        pytest.param({"principal": "*", "prefix": ""}, "grants.0..principal is ", id="everybody"),
        pytest.param({"principal": BACKUP, "prefix": "a/"}, "grants.0..prefix is 'a/'", id="a slash at the end"),
    ],
)
def test_bad_grants_are_refused(grant: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        render_policy("backups", [{"grant": "read", **grant}])


def test_what_is_not_given_is_left() -> None:
    bucket = build_bucket(WISH)
    assert (bucket.lock, bucket.lifecycle, bucket.policy) == (None, None, None)


def test_what_is_given_is_rendered() -> None:
    given = {"lock": {"mode": "COMPLIANCE", "days": 35}, "lifecycle": [], "grants": []}
    bucket = build_bucket({**WISH, **given})
    assert (bucket.lock, bucket.lifecycle, bucket.policy) == (Lock("COMPLIANCE", 35), (), {})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param({"name": "Back.ups"}, "name is 'Back.ups'", id="a name with capitals and a dot"),
        pytest.param({"lock": {"mode": "COMPLIANCE", "days": 0}}, "lock.days is 0", id="a lock for no day"),
        pytest.param(
            {"versioning": False, "lock": {"mode": "COMPLIANCE", "days": 1}}, "versioning is false", id="lock alone"
        ),
    ],
)
def test_bad_wishes_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        build_bucket({**WISH, **given})
