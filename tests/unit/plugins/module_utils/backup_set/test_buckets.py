# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set.buckets import describe_buckets
from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.s3.bucket.model import build_bucket

LOCAL = {"name": "local", "type": "posix", "path": "/var/backups/steward"}
BUCKET = {
    "name": "second", "type": "s3", "path": "/shop", "endpoint": "s3.example.org", "bucket": "backups", "region": "eu",
}  # fmt: skip
WISH = {"repository": "second", "principal": "arn:aws:iam::000000000000:user/shop"}


def test_a_bucket_is_locked_and_lets_go_of_what_was_locked() -> None:
    (options,) = describe_buckets([LOCAL, BUCKET], [{**WISH, "lock_days": 9, "profile": None}])
    assert (options["endpoint"], options["name"], options["region"]) == ("https://s3.example.org", "backups", "eu")
    assert (options["profile"], options["credentials_file"]) == ("default", "~/.aws/credentials")
    assert options["lock"] == {"mode": "COMPLIANCE", "days": 9}
    assert options["lifecycle"][0]["noncurrent_days"] == 10
    assert options["grants"] == [{"principal": WISH["principal"], "grant": "backup", "prefix": "shop"}]


def test_the_module_takes_it() -> None:
    (options,) = describe_buckets([BUCKET], [WISH])
    rule = dict.fromkeys(("prefix", "expire_days", "noncurrent_keep"))
    bucket = build_bucket({"versioning": True, **options, "lifecycle": [{**rule, **options["lifecycle"][0]}]})
    assert bucket.lock is not None
    assert bucket.lock.days == 35


@pytest.mark.parametrize(
    ("repositories", "wishes", "message"),
    [
        ([LOCAL], [WISH], "backup_buckets[0].repository is 'second', allowed is: nothing, no repository is of type s3"),
        ([LOCAL, BUCKET], [{**WISH, "repository": "local"}], "repository is 'local', allowed is: second"),
        (
            [BUCKET, {**BUCKET, "name": "third", "path": "/x"}],
            [WISH, {**WISH, "repository": "third"}],
            "backup_buckets[1].repository is in the bucket backups, allowed is: each once",
        ),
    ],
    ids=["no bucket", "another kind", "one bucket twice"],
)
def test_what_is_wrong_is_told_in_one_line(
    repositories: list[dict[str, Any]], wishes: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        describe_buckets(repositories, wishes)
    assert message in caught.value.message
