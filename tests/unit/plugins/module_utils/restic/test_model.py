# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.restic.model import SPEC, build_repository

POSIX = {"name": "main", "type": "posix", "path": "/srv/backup/"}
S3 = {"name": "second", "type": "s3", "endpoint": "s3.example.org:8443", "bucket": "backups"}
SFTP = {"name": "far", "type": "sftp", "host": "store.example.org", "user": "backup", "path": "/srv/b"}


def test_directory() -> None:
    found = build_repository({**POSIX, "bucket": None}, host="web1")
    assert (found.url, found.options, found.environment) == ("/srv/backup/restic/web1", (), {})
    assert found.password_file == "/etc/steward/backup/restic-password"
    assert (found.compression, found.limit_upload) == ("auto", 0)


def test_bucket_with_keys_by_name_of_their_file_only() -> None:
    found = build_repository({**S3, "path": "/site/", "ca_file": "/ca.pem"}, host="web1")
    assert found.url == "s3:https://s3.example.org:8443/backups/site/restic/web1"
    assert found.options == ("-o", "s3.region=us-east-1", "-o", "s3.bucket-lookup=path", "--cacert", "/ca.pem")
    assert found.environment == {
        "AWS_SHARED_CREDENTIALS_FILE": "/etc/steward/backup/aws-credentials",
        "AWS_PROFILE": "second",
    }


def test_bucket_without_prefix_and_with_its_own_profile() -> None:
    found = build_repository({**S3, "profile": "backup"}, host="web1")
    assert found.url == "s3:https://s3.example.org:8443/backups/restic/web1"
    assert "--cacert" not in found.options
    assert found.environment["AWS_PROFILE"] == "backup"


def test_server_over_ssh_trusts_known_keys_only() -> None:
    found = build_repository({**SFTP, "identity_file": "/k", "known_hosts_file": "/h", "port": 2222}, host="web1")
    assert found.url == "sftp://backup@store.example.org:2222//srv/b/restic/web1"
    assert found.options == (
        "-o",
        "sftp.args=-o BatchMode=yes -o StrictHostKeyChecking=yes -i /k -o UserKnownHostsFile=/h",
    )
    plain = build_repository(SFTP, host="web1")
    assert plain.options == ("-o", "sftp.args=-o BatchMode=yes -o StrictHostKeyChecking=yes")


@pytest.mark.parametrize(
    ("description", "host", "defects"),
    [
        ({"name": "main"}, "web1", ["repository (main).type is missing"]),
        (
            {**POSIX, "type": "gcs"},
            "web1",
            ["repository (main).path is unknown", "type is 'gcs', allowed is one of: posix, s3, sftp"],
        ),
        ({**POSIX, "path": "backup"}, "web1", ["repository (main).path is 'backup', allowed is: an absolute path"]),
        ({**POSIX, "bucket": "b"}, "web1", ["repository (main).bucket is unknown"]),
        ({**S3, "endpoint": "http://s3"}, "web1", ["endpoint is 'http://s3', allowed is: HOST or HOST:PORT"]),
        (POSIX, "../x", ["host is '../x', allowed is: letters, digits, '.', '_' and '-'"]),
    ],
    ids=["no type", "type", "relative path", "option of another type", "no TLS", "host"],
)
def test_defects_are_named(description: dict[str, object], host: str, defects: list[str]) -> None:
    with pytest.raises(InputError) as raised:
        build_repository(description, host=host)
    assert all(defect in raised.value.message for defect in defects)
    assert len(raised.value.message.splitlines()) == len(defects)


def test_modules_take_every_option_of_every_type() -> None:
    options = SPEC["repository"]["options"]
    assert options["type"]["choices"] == ["posix", "s3", "sftp"]
    assert options["port"] == {"type": "int", "no_log": False}
    assert options["compression"]["choices"] == ["auto", "off", "max"]
