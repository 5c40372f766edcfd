# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest import model

PASSPHRASE = "0123456789abcdefghij"
POSIX = {"name": "main", "type": "posix", "path": "/var/backups/steward", "cipher_pass": PASSPHRASE}
S3 = {
    "name": "second", "type": "s3", "endpoint": "s3.example.org:8443", "bucket": "backups", "cipher_pass": PASSPHRASE,
    "access_key": "AKEY", "secret_key": "SKEY",
}  # fmt: skip
SFTP = {
    "name": "third", "type": "sftp", "path": "/srv/backups", "cipher_pass": PASSPHRASE, "host": "sftp.example.org",
    "user": "backup", "key_file": "/etc/pgbackrest/key", "known_hosts_file": "/etc/pgbackrest/known_hosts",
}  # fmt: skip


def test_each_type_and_where_its_part_lies():
    rows = model.build_repositories([POSIX, S3, SFTP])
    folders = ["/var/backups/steward/pgbackrest", "/pgbackrest", "/srv/backups/pgbackrest"]
    assert [row.folder for row in rows] == folders
    assert [row.encrypted for row in rows] == [True, True, True]


def test_a_plain_one_is_asked_for():
    (row,) = model.build_repositories([{"name": "main", "type": "posix", "path": "/srv", "encrypted": False}])
    assert (row.encrypted, row.secrets) == (False, {})


def test_secrets_are_not_in_what_is_shown():
    assert PASSPHRASE not in repr(model.build_repositories([POSIX]))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param([], "repositories is empty", id="none"),
        pytest.param([POSIX, POSIX], "repositories has main twice", id="one twice"),
        pytest.param([{**POSIX, "type": "ftp"}], r"\[0\] \(main\).type is 'ftp', allowed is one of", id="another type"),
        pytest.param([{**POSIX, "pth": "/x"}], "did you mean path", id="a name nobody knows"),
        pytest.param([{**POSIX, "path": "x"}], "path is 'x', allowed is: an absolute path", id="a relative path"),
        pytest.param([{**POSIX, "path": None}], "path is '/', allowed is: a directory below it", id="no path"),
        pytest.param([{**S3, "bucket": ""}], "bucket is missing, a repository of type s3 needs it", id="no bucket"),
        pytest.param([{**S3, "secret_key": ""}], "secret_key is missing", id="no key"),
        pytest.param([{**SFTP, "known_hosts_file": ""}], "known_hosts_file is missing", id="no known hosts"),
        pytest.param([{**POSIX, "cipher_pass": ""}], "cipher_pass is missing, allowed are: 20", id="no passphrase"),
        pytest.param([{**POSIX, "cipher_pass": "short"}], "cipher_pass is too short", id="a short passphrase"),
        pytest.param([{**POSIX, "encrypted": False}], "encrypted is false; allowed is one", id="a key for a plain one"),
        pytest.param([{**POSIX, "cipher_pass": 12345}], "no usable secret", id="a number as passphrase"),
        pytest.param([{**POSIX, "cipher_pass": "two\nlines"}], "no usable secret", id="a passphrase of two lines"),
    ],
)
def test_what_is_refused(rows, message):
    with pytest.raises(InputError, match=message) as caught:
        model.build_repositories(rows)
    assert "12345" not in str(caught.value)


@pytest.mark.parametrize(
    ("version", "feature", "has"),
    [("2.45", "block", False), ("2.46", "block", True), ("2.55.1", "verify_set", True), ("3.0", "sftp", True)],
    ids=str,
)
def test_features(version, feature, has):
    assert model.supports(version, feature) is has


def test_a_version_that_is_none():
    with pytest.raises(InputError, match="the version of pgBackRest is 'new'"):
        model.parse_version("new")


def test_a_feature_that_is_needed():
    model.require("2.48", "sftp", "this")
    with pytest.raises(InputError, match=r"this needs pgBackRest 2\.48, installed is 2\.45"):
        model.require("2.45", "sftp", "this")


def test_the_present_cluster_is_the_one_with_the_highest_number():
    row = model.RepositoryState(1, 0, "ok", "none", {1: (7, "16"), 2: (8, "17")}, {1: "16-1", 2: "17-2"})
    assert (row.database, row.archive_id) == (2, "17-2")
    assert model.RepositoryState(1, 1, "missing", "none").archive_id == ""


def test_a_repository_by_its_number():
    state = model.StanzaState("main", False, (model.RepositoryState(1, 0, "ok", "none"),))
    assert state.repository(1).key == 1
    with pytest.raises(InputError, match="repo is 2, allowed is one of: 1"):
        state.repository(2)
    with pytest.raises(InputError, match="none is configured"):
        model.StanzaState("main").repository(1)
