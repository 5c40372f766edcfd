# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.pgbackrest import render

PASSPHRASE = "0123456789abcdefghij"
POSIX = {"name": "main", "type": "posix", "path": "/var/backups/steward", "cipher_pass": PASSPHRASE}
S3 = {
    "name": "second", "type": "s3", "endpoint": "s3.example.org:8443", "bucket": "backups", "encrypted": False,
    "access_key": "AKEY", "secret_key": "SKEY", "ca_file": "/etc/ssl/ca.pem", "uri_style": "path",
}  # fmt: skip
SFTP = {
    "name": "third", "type": "sftp", "path": "/srv/backups", "cipher_pass": PASSPHRASE, "host": "sftp.example.org",
    "user": "backup", "key_file": "/etc/pgbackrest/key", "known_hosts_file": "/etc/pgbackrest/known_hosts",
}  # fmt: skip
HOST = {"version": "2.55.1", "cpus": 8, "data_directory": "/data"}


def sections(*repositories, **host):
    text = render.describe_configuration(repositories, **{**HOST, **host})["files"][0]["secret_content"]
    found = {}
    for part in text.split("\n\n"):
        title, *lines = part.strip().splitlines()
        pairs = [line.split("=", 1) for line in lines]
        assert len(pairs) == len(dict(pairs)), "pgBackRest refuses what is given twice"
        found[title.strip("[]")] = dict(pairs)
    return found


def test_two_repositories_have_their_own_keys():
    settings = sections(POSIX, S3)["global"]
    assert settings["repo1-path"] == "/var/backups/steward/pgbackrest"
    assert (settings["repo1-cipher-type"], settings["repo1-cipher-pass"]) == ("aes-256-cbc", PASSPHRASE)
    assert (settings["repo2-type"], settings["repo2-path"]) == ("s3", "/pgbackrest")
    assert (settings["repo2-s3-key"], settings["repo2-s3-key-secret"]) == ("AKEY", "SKEY")
    assert (settings["repo2-s3-uri-style"], settings["repo2-storage-ca-file"]) == ("path", "/etc/ssl/ca.pem")
    assert "repo2-cipher-type" not in settings


def test_the_systems_certificates_vouch_when_no_others_are_named():
    assert "repo1-storage-ca-file" not in sections({**S3, "ca_file": ""})["global"]


def test_an_sftp_server_must_show_its_known_key():
    settings = sections(SFTP)["global"]
    assert settings["repo1-sftp-host-key-check-type"] == "strict"
    assert settings["repo1-sftp-known-host"] == "/etc/pgbackrest/known_hosts"
    with pytest.raises(InputError, match=r"third of type sftp needs pgBackRest 2\.48, installed is 2\.45"):
        sections(SFTP, version="2.45")


def test_a_server_that_is_away_is_given_up_before_a_backup_beside_it_is():
    found = sections(POSIX, S3)
    assert 2 * 18 * int(found["global:archive-push"]["io-timeout"]) < int(found["global"]["archive-timeout"])
    assert not [part for part in sections(POSIX).values() if "io-timeout" in part]


def test_a_copy_is_known_to_what_reads_only():
    found = sections(POSIX, {**S3, "replica": True}, SFTP)
    known = {name.removeprefix("global:") for name, part in found.items() if "repo2-type" in part}
    assert known == {"info", "restore", "archive-get", "verify", "repo-ls", "repo-get"}
    assert found["global"]["repo3-type"] == "sftp"
    assert not [name for name in found["global:info"] if name.endswith(("-bundle", "-block", "-retention-full"))]
    assert found["global:restore"]["process-max"] == "8"
    assert "repo3-type" not in found["global:info"]


def test_nothing_expires_by_itself_and_no_wal_is_dropped():
    settings = sections(POSIX)["global"]
    assert (settings["expire-auto"], settings["repo1-retention-full"]) == ("n", "9999999")
    assert not [name for part in sections(POSIX).values() for name in part if "queue-max" in name]


@pytest.mark.parametrize(("version", "block"), [("2.45", False), ("2.46", True), ("2.55.1", True)], ids=str)
def test_block_incremental_where_it_can_be_relied_on(version, block):
    settings = sections(POSIX, version=version)["global"]
    assert ("repo1-block" in settings, settings["repo1-bundle"]) == (block, "y")


@pytest.mark.parametrize(
    ("cpus", "backup", "restore", "push"), [(1, 1, 1, 1), (2, 2, 2, 2), (12, 3, 8, 2), (64, 4, 8, 2)], ids=str
)
def test_processes(cpus, backup, restore, push):
    found = sections(POSIX, cpus=cpus)
    assert found["global"]["process-max"] == str(backup)
    assert found["global:restore"] == {"process-max": str(restore)}
    assert found["global:archive-push"] == {"process-max": str(push)}


def test_no_cpus():
    with pytest.raises(InputError, match="cpus is 0"):
        render.processes(0)


def test_the_cluster_and_further_options():
    found = sections(POSIX, port=5433, stanza="other", compress_level=1)
    assert found["other"] == {"pg1-path": "/data", "pg1-port": "5433"}
    assert found["global"]["compress-level"] == "1"


def test_who_may_read_the_file_and_where_local_backups_lie():
    found = render.describe_configuration([POSIX, S3], **HOST)
    assert [(row["path"], row["mode"], row["group"]) for row in found["directories"]] == [
        ("/etc/pgbackrest", "0750", "postgres"),
        ("/var/backups/steward/pgbackrest", "0750", "postgres"),
    ]
    (file,) = found["files"]
    assert (file["path"], file["mode"], file["group"]) == ("/etc/pgbackrest/pgbackrest.conf", "0640", "postgres")


@pytest.mark.parametrize(
    ("rpo", "timeout"), [(0, "30s"), (60, "30s"), (300, "150s"), (600, "300s"), (3600, "300s")], ids=str
)
def test_a_segment_is_finished_in_time(rpo, timeout):
    assert render.describe_settings(rpo) == {
        "wal_level": "replica",
        "archive_mode": "on",
        "archive_command": "pgbackrest --stanza=main archive-push %p",
        "archive_timeout": timeout,
    }


def test_an_objective_that_is_none():
    with pytest.raises(InputError, match="rpo_seconds is -1"):
        render.describe_settings(-1)
