# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_set.configuration import (
    find_problems,
    find_repository,
    main_repository,
    number_of,
    own_repositories,
    parse_configuration,
)
from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError, StewardError

from .samples import DOCUMENT, configuration, document

MAIN, SECOND = DOCUMENT["repositories"]
SFTP = {
    "name": "far",
    "type": "sftp",
    "path": "/backups",
    "host": "far.example.org",
    "user": "steward",
    "key_file": "/etc/steward/backup/sftp-key",
    "known_hosts_file": "/etc/steward/backup/known_hosts",
}


def test_defaults_are_filled_in_and_the_document_stays() -> None:
    given = document()
    value = parse_configuration(given)
    assert given == DOCUMENT
    assert value["postgresql"] == {"method": "physical", "stanza": "main", "port": 5432}
    assert value["schedule"] == {"profile": "daily", "jobs": {}}
    assert value["objectives"] == {"rpo": 3600, "rto": 14400, "proof": 8}
    assert value["logs"]["days"] == 7
    assert [each["encrypted"] for each in value["repositories"]] == [True, True]
    assert value["repositories"][0]["retention"]["days"] == 30
    assert value["repositories"][0]["retention"]["types"]["incremental"]["days"] == 7


def test_all_kinds_of_repositories_are_known() -> None:
    assert len(configuration(repositories=[MAIN, SECOND, SFTP])["repositories"]) == 3


def test_a_copy_is_no_repository_of_its_own() -> None:
    copy = {**SECOND, "replicates": "main", "delete_after_days": 90}
    value = configuration(repositories=[MAIN, copy])
    assert [each["name"] for each in own_repositories(value)] == ["main"]


def repositories(*changed: dict[str, Any]) -> dict[str, Any]:
    return {"repositories": list(changed)}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"repository": []}, "repository is unknown, did you mean repositories?"),
        ({"platform": None}, "platform is missing"),
        ({"repositories": []}, "repositories has 0 entries, allowed is: at least 1"),
        ({"lock_wait": "1h"}, "lock_wait is '1h', allowed is: integer"),
        ({"configuration": {"paths": []}}, "configuration.paths has 0 entries, allowed is: at least 1"),
        ({"logs": {"paths": ["/var/log/../.."]}}, "logs.paths[0] is '/var/log/../..', allowed is: an absolute path"),
        ({"logs": {"paths": ["/"]}}, "logs.paths[0] is '/', allowed is: an absolute path"),
        ({"logs": {"paths": ["var/log"]}}, "logs.paths[0] is 'var/log', allowed is: an absolute path"),
        (
            {"logs": {"paths": ["/var/log"], "exclude": ["--help"]}},
            "logs.exclude[0] is '--help', allowed is: a pattern",
        ),
        ({"configuration": {"paths": ["/proc/sys"]}}, "configuration.paths has '/proc/sys', allowed is: not in /proc"),
        (
            {"logs": {"paths": ["/var"]}},
            "logs.paths has '/var', allowed is: apart from the repository /var/backups/steward",
        ),
        (
            {"application_data": {"paths": ["/var/backups/steward/x"]}},
            "application_data.paths has '/var/backups/steward/x', allowed is: apart from the repository",
        ),
        ({"redis": [{"name": "a", "port": 1}, {"name": "a", "port": 2}]}, "redis has 'a' twice, each may occur once"),
        ({"openbao": {"address": "http://x"}}, "openbao.address is 'http://x', allowed is: https://…"),
        (
            repositories(MAIN, {**SECOND, "replicates": "mian"}),
            "repositories[1] (second).replicates is 'mian', allowed is one of: main",
        ),
        (
            repositories(SFTP, {**SECOND, "replicates": "far"}),
            "repositories[1] (second).replicates is 'far', allowed is one of: none",
        ),
        (
            repositories(
                MAIN, {**SECOND, "replicates": "third"}, {**SECOND, "name": "third", "path": "/x", "replicates": "main"}
            ),
            "repositories[1] (second).replicates is 'third', allowed is one of: main",
        ),
        (
            repositories({**SECOND, "replicates": "main"}, MAIN),
            "repositories[0] (second).replicates is given, but the first repository is the main one",
        ),
        (
            repositories(MAIN, {**MAIN, "name": "other", "path": "/srv/b", "replicates": "main"}),
            "repositories[1] (other).type is 'posix', allowed is: s3, because it is a copy",
        ),
        (
            repositories(MAIN, {**SECOND, "replicates": "main", "encrypted": False}),
            "repositories[1] (second).encrypted is False, allowed is: as main is",
        ),
        (
            repositories(MAIN, {**SECOND, "delete_after_days": 9}),
            "repositories[1] (second).delete_after_days is given, but repositories[1] (second).replicates is not",
        ),
        (repositories({**MAIN, "path": "/tmp/x"}), "path is '/tmp/x', allowed is: not in /tmp"),
        (repositories({**MAIN, "bucket": "backups"}), "bucket is given, but posix has none"),
        (repositories({**MAIN, "type": "gcs"}), "type is 'gcs', allowed is one of: posix, s3, sftp"),
        (repositories({**MAIN, "name": "Main"}), "name is 'Main', allowed is: small letters, digits and -"),
        (repositories({**SECOND, "endpoint": "http://s3"}), "endpoint is 'http://s3', allowed is: HOST or HOST:PORT"),
        (repositories({**SECOND, "region": None}), "region is missing, s3 needs it"),
        (repositories({**SFTP, "host": "-oProxyCommand=x"}), "host is '-oProxyCommand=x', allowed is: a host"),
        (repositories(MAIN, {**MAIN, "path": "/srv/b"}), "name is 'main' twice, each may occur once"),
        (
            repositories(MAIN, {**MAIN, "name": "b", "path": "/var/backups/steward/b"}),
            "which is not apart from /var/backups/steward of main",
        ),
        (
            repositories({**MAIN, "path": "/srv/a/b"}, {**MAIN, "name": "b", "path": "/srv/a"}),
            "which is not apart from /srv/a/b of main",
        ),
        (repositories({**MAIN, "retention": {}}), "retention keeps nothing, allowed is: at least one of last, days"),
        (
            repositories({**MAIN, "retention": {"days": 1, "types": {"ful": {"days": 1}}}}),
            "retention.types.ful is unknown, did you mean full?",
        ),
        (
            repositories({**MAIN, "retention": {"days": 1, "types": {"full": {}}}}),
            "retention.types.full keeps nothing",
        ),
        ({"schedule": {"jobs": {"ful": {}}}}, "schedule.jobs.ful is unknown, did you mean full?"),
        ({"schedule": {"profile": "hourly"}}, "schedule.profile is 'hourly', allowed is one of: daily, weekly, custom"),
        ({"schedule": {"profile": "custom"}}, "schedule.jobs names none"),
        ({"schedule": {"jobs": {"full": {"calendar": "25:00"}}}}, "schedule.jobs.full.calendar is '25:00', allowed is"),
        ({"schedule": {"jobs": {"full": {"timeout": 1}}}}, "schedule.jobs[full].timeout is 1, allowed is: at least 60"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(changes: dict[str, Any], message: str) -> None:
    errors, _value = find_problems(document(**changes), "backup.json")
    assert [line for line in errors if line.startswith("backup.json.") and message in line] == errors
    assert len(errors) == 1


def test_a_secret_has_no_place_in_it() -> None:
    errors, _value = find_problems(document(repositories=[{**SECOND, "secret_key": "x"}]), "backup.json")
    assert errors[0].startswith("backup.json.repositories[0] (second).secret_key is unknown")


def test_the_first_problem_is_the_message_and_all_are_there() -> None:
    with pytest.raises(InputError, match=r"backup.json.lock_wait is -1") as refusal:
        parse_configuration(document(lock_wait=-1, metrics="x"))
    assert len(refusal.value.data["errors"]) == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "there is no /etc/steward/backup.json, so this host makes no backups"),
        ({"schema": 2}, "/etc/steward/backup.json has schema 2, this steward reads up to 1"),
        ([], r"/etc/steward/backup.json is \[\], allowed is: object"),
    ],
)
def test_what_is_no_configuration_is_refused(given: Any, message: str) -> None:
    with pytest.raises(StewardError, match=message):
        parse_configuration(given)


def test_repositories_are_found_by_name_and_the_first_is_the_main_one() -> None:
    value = configuration()
    assert main_repository(value)["name"] == "main"
    assert find_repository(value, "second")["bucket"] == "backups"
    assert (number_of(value, "main"), number_of(value, "second")) == (1, 2)
    with pytest.raises(InputError, match="the repository 'third' is unknown, allowed is one of: main, second"):
        find_repository(value, "third")
