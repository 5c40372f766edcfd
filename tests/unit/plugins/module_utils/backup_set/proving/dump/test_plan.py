# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set.proving.dump import plan
from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError, StewardError

from ...samples import configuration


def test_the_newest_server_reads_all_dumps() -> None:
    folders = ["/usr/lib/postgresql/9/bin/initdb", "/usr/lib/postgresql/17/bin/initdb"]
    assert plan.choose_version(folders) == "17"
    with pytest.raises(StewardError, match="no PostgreSQL server is installed here"):
        plan.choose_version([])


@pytest.mark.parametrize(
    ("message", "role"),
    [
        ('psql:<stdin>:30: ERROR:  role "shop" does not exist', "shop"),
        ('pg_restore: error: could not execute query: ERROR:  role "a""b" does not exist', 'a"b'),
        ('ERROR:  relation "shop" does not exist', ""),
    ],
)
def test_the_role_that_is_missing(message: str, role: str) -> None:
    assert plan.missing_role(message) == role


def test_names() -> None:
    assert plan.database_of("/x/web%2Fshop") == "web/shop"


def test_an_object_is_fetched_with_the_keys_of_its_repository() -> None:
    found = plan.locate_object("s3://backups/old/shop.sql.gz", configuration())
    assert found == {
        "endpoint": "https://s3.example.org:8443",
        "region": "us-west-2",
        "credentials_file": "/etc/steward/backup/aws-credentials",
        "profile": "second",
        "ca_file": None,
        "bucket": "backups",
        "prefix": "old",
        "key": "shop.sql.gz",
    }


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("s3://backups", "the dump is 's3://backups', allowed is: s3://BUCKET/KEY"),
        ("s3://backups/folder/", "allowed is: s3://BUCKET/KEY"),
        ("s3://others/a.sql", "the bucket is 'others', allowed is one of: backups"),
    ],
)
def test_objects_that_cannot_be_had(url: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        plan.locate_object(url, configuration())


def test_without_a_bucket_there_are_no_objects() -> None:
    only = {**configuration(), "repositories": configuration()["repositories"][:1]}
    with pytest.raises(InputError, match="none, this host has no repository in S3"):
        plan.locate_object("s3://backups/a.sql", only)


def test_a_dump_is_told_in_a_line() -> None:
    assert plan.describe("/a", {"kind": "sql", "packing": "gzip", "tables": 2}) == "/a: sql, gzip, 2 tables"
    assert plan.describe("/a", {"kind": "tar", "packing": "", "tables": 2}) == "/a: tar, 2 tables"
