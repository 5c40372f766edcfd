# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set.configuration import parse_configuration
from ansible_collections.steward.platform.plugins.module_utils.backup_set.wishes import (
    MAC,
    NEVER,
    PGBACKREST,
    RESTIC,
    describe_files,
    describe_host,
)
from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError

EVERYTHING = ["app", "cache", "database", "proxy", "secrets"]
PLATFORM: dict[str, Any] = {
    "name": "shop",
    "hosts": {"one": {"groups": EVERYTHING}, "web": {"groups": ["app"]}, "keys": {"groups": ["secrets", "cache"]}},
    "groups": {"secrets": ["one", "keys"]},
    "redis": [
        {"name": "cache", "port": 6379, "persistent": False},
        {"name": "queue", "port": 6380, "persistent": True},
    ],
    "objectives": {"rpo_seconds": 0, "rto_seconds": 7200},
}
LOCAL = {"name": "local", "type": "posix", "path": "/var/backups/steward"}
BUCKET = {
    "name": "second", "type": "s3", "path": "/shop", "endpoint": "s3.example.org", "bucket": "backups", "region": "eu",
}  # fmt: skip
CREDENTIALS = {"second": {"access_key": "AK", "secret_key": "S3CRET"}}
SECRETS = {path: {"value": letter * 64} for path, letter in ((RESTIC, "r"), (MAC, "m"), (PGBACKREST, "c"))}
SERVER = {"version": "2.55", "cpus": 2, "data_directory": "/var/lib/postgresql/17/main"}


def describe(host: str = "one", **changes: Any) -> dict[str, Any]:
    wishes: dict[str, Any] = {
        "repositories": [LOCAL],
        "configuration": {"paths": ["/etc/steward"]},
        "application_data": {"paths": ["/srv/uploads"], "exclude": ["*.tmp"]},
        "logs": {"paths": ["/var/log/nginx"], "days": 3},
    }
    return describe_host(PLATFORM, host, **{**wishes, **changes})


def files(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    options: dict[str, Any] = {"credentials": {}, "escrow": False, **SERVER, **changes}
    described = describe_files(document, SECRETS, **options)
    return {**described, "by_path": {row["path"]: row for row in described["files"]}}


def test_a_host_has_the_parts_of_its_groups() -> None:
    parts = ("application_data", "logs", "openbao", "postgresql", "redis")
    has = {host: [part for part in parts if part in describe(host)] for host in PLATFORM["hosts"]}
    assert has == {"one": list(parts), "web": ["application_data", "logs"], "keys": ["logs", "redis"]}


def test_the_document_is_what_steward_reads() -> None:
    read = parse_configuration(describe(lock_wait=60, schedule={"profile": "weekly"}, metrics=""))
    assert read["openbao"] == {"address": "https://127.0.0.1:8200"}
    assert read["postgresql"] == {"method": "physical", "stanza": "main", "port": 5432}
    assert (read["lock_wait"], read["schedule"]["profile"], read["metrics"]) == (60, "weekly", None)
    # An objective of no loss at all is one that jobs cannot promise.
    assert read["objectives"] == {"rpo": 60, "rto": 7200, "proof": 8}
    assert read["logs"]["days"] == 3


@pytest.mark.parametrize(
    ("wanted", "found"),
    [(None, ["queue"]), (["cache", "queue"], ["cache", "queue"]), ([], [])],
    ids=["what keeps something", "the named ones", "none"],
)
def test_instances_of_redis(wanted: list[str] | None, found: list[str]) -> None:
    assert [each["name"] for each in describe(redis=wanted).get("redis", [])] == found


def test_what_opens_the_backups_is_in_none() -> None:
    document = describe()
    assert document["application_data"]["exclude"] == ["*.tmp", *NEVER]
    for part in ("configuration", "logs"):
        assert document[part]["exclude"] == [*NEVER]


def test_parts_without_paths_are_left_out() -> None:
    document = describe(application_data={"paths": []}, logs=None)
    assert "application_data" not in document
    assert "logs" not in document


def test_retention_is_that_of_the_repository_or_the_common_one() -> None:
    common, own = {"days": 9}, {"last": 3}
    rows = describe(repositories=[LOCAL, {**BUCKET, "retention": own, "ca_file": None}], retention=common)
    assert [each["retention"] for each in rows["repositories"]] == [common, own]
    assert "ca_file" not in rows["repositories"][1]
    assert "retention" not in describe()["repositories"][0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"redis": ["queu"]}, "backup_redis_instances: queu is unknown, did you mean queue?"),
        ({"repositories": []}, "backup.repositories has 0 entries, allowed is: at least 1"),
        ({"repositories": [{**LOCAL, "type": "ftp"}]}, "type is 'ftp', allowed is one of: posix, s3, sftp"),
        ({"schedule": {"profile": "hourly"}}, "backup.schedule.profile is 'hourly', allowed is one of"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        describe(**changes)
    assert message in caught.value.message


def test_keys_are_secret_content_that_only_root_reads() -> None:
    found = files(describe("web"))
    rows = found["by_path"]
    assert sorted(rows) == [
        "/etc/steward/backup.json",
        "/etc/steward/backup/mac-key",
        "/etc/steward/backup/restic-password",
    ]
    assert rows["/etc/steward/backup/mac-key"] == {
        "path": "/etc/steward/backup/mac-key", "secret_content": "m" * 64 + "\n", "mode": "0400",
    }  # fmt: skip
    assert rows["/etc/steward/backup.json"]["mode"] == "0600"
    assert json.loads(rows["/etc/steward/backup.json"]["content"]) == describe("web")
    assert found["absent"] == ["/etc/steward/backup/aws-credentials"]


def test_directories_are_made_with_those_around_them() -> None:
    made = files(describe("web", metrics="/var/lib/prometheus/node-exporter"))["directories"]
    assert [(row["path"], row.get("mode")) for row in made] == [
        ("/etc/steward", "0750"),
        ("/etc/steward/backup", "0700"),
        ("/var/backups/steward", "0711"),
        ("/var/lib/prometheus", None),
        ("/var/lib/prometheus/node-exporter", None),
    ]


def test_a_database_host_has_pgbackrest_with_its_own_key() -> None:
    found = files(describe(port=5433))
    text = found["by_path"]["/etc/pgbackrest/pgbackrest.conf"]["secret_content"]
    assert f"repo1-cipher-pass={'c' * 64}" in text
    assert "pg1-port=5433" in text
    assert "/var/backups/steward/pgbackrest" in [row["path"] for row in found["directories"]]


def test_a_plain_repository_is_given_no_key() -> None:
    found = files(describe(repositories=[{**LOCAL, "encrypted": False}]))
    assert "cipher" not in found["by_path"]["/etc/pgbackrest/pgbackrest.conf"]["secret_content"]


def test_both_engines_reach_a_bucket() -> None:
    found = files(describe(repositories=[LOCAL, {**BUCKET, "profile": "far"}]), credentials=CREDENTIALS)
    assert found["by_path"]["/etc/steward/backup/aws-credentials"]["secret_content"] == (
        "[far]\naws_access_key_id = AK\naws_secret_access_key = S3CRET\n"
    )
    assert "repo2-s3-key-secret=S3CRET" in found["by_path"]["/etc/pgbackrest/pgbackrest.conf"]["secret_content"]
    assert found["absent"] == []


def test_a_server_of_its_own_authority_is_trusted_by_every_engine() -> None:
    document = describe(repositories=[LOCAL, {**BUCKET, "ca": "PEM"}])
    trusted = "/etc/ssl/steward/repositories/second.pem"
    assert document["repositories"][1]["ca_file"] == trusted
    assert "ca" not in document["repositories"][1]
    found = files(document, credentials=CREDENTIALS, authorities={"second": "PEM"})
    assert found["by_path"][trusted] == {"path": trusted, "content": "PEM"}
    assert {"path": "/etc/ssl/steward/repositories"} in found["directories"]
    assert f"repo2-storage-ca-file={trusted}" in found["by_path"]["/etc/pgbackrest/pgbackrest.conf"]["secret_content"]


def test_pgbackrest_only_reads_a_copy() -> None:
    rows = [LOCAL, {**BUCKET, "replicates": "local"}]
    document = describe(repositories=rows, retention={"days": 9})
    assert ["retention" in row for row in document["repositories"]] == [True, False]
    text = files(document, credentials=CREDENTIALS)["by_path"]["/etc/pgbackrest/pgbackrest.conf"]["secret_content"]
    assert "repo2-" not in text[: text.index("[global:info]")]
    assert "repo2-type=s3" in text[text.index("[global:restore]") :]


def test_a_bucket_without_credentials_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        files(describe(repositories=[BUCKET]), credentials={"second": {"access_key": "AK"}})
    assert caught.value.message == "backup_credentials.second.secret_key is missing, an S3 repository needs it"


def test_the_escrow_has_all_three_keys() -> None:
    found = files(describe(), escrow=True)
    copies = {path: row["mode"] for path, row in found["by_path"].items() if path.startswith("/etc/steward/escrow/")}
    assert copies == {
        f"/etc/steward/escrow/backup-{name}": "0400" for name in ("restic-password", "mac-key", "pgbackrest-cipher")
    }
    assert {"path": "/etc/steward/escrow", "mode": "0700"} in found["directories"]
