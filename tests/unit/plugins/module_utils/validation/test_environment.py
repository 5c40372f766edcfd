# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.validation.environment import (
    Folder,
    SecretFile,
    hide,
    read_fields,
    validate,
)
from ansible_collections.steward.platform.plugins.module_utils.validation.model import Row

URL = "postgresql+psycopg://{username}:{password}@10.90.2.10:5432/dotmac_isp?sslmode=verify-full"
PASSWORD = "fK3vQm9sXb2TzLp7WcHdRj4NyGa8Ue5Z"
KEY = "aB3dE5gH7jK9mN1pQ3sT5vW7xY9zA2cD4fG6hJ8kL1nP3rS5tU7wX9yZ2bC4eF6g"
STRIPE = "sk_live_9f8e7d6c5b4a3928"
SECRETS = [
    {"path": "database/isp-framework", "kind": "credentials", "length": 32},
    {"path": "isp-framework/secret-key", "kind": "key", "length": 64},
    {"path": "external/stripe", "kind": "external", "minimum": 20},
]


def service(**changes: Any) -> dict[str, Any]:
    files = [
        {"name": "DATABASE_URL", "path": "database/isp-framework", "format": URL},
        {"name": "SECRET_KEY", "path": "isp-framework/secret-key", "format": "{value}"},
        {"name": "STRIPE", "path": "external/stripe", "format": "{value}"},
    ]
    return {"name": "isp-framework", "uid": 10001, "secret_files": files, "environment": {}, **changes}


def folder(**changes: str | None) -> dict[str, SecretFile]:
    url = URL.format(username="isp_framework", password=PASSWORD)
    contents = {"DATABASE_URL": url, "SECRET_KEY": KEY, "STRIPE": STRIPE, **changes}
    return {name: SecretFile(text, "0400", "10001") for name, text in contents.items() if text is not None}


def said(rows: list[Row]) -> list[tuple[str, str, str]]:
    return [(row.finding.name, row.finding.status, row.finding.message) for row in rows]


def judged(seen: Folder | None, **changes: Any) -> list[tuple[str, str, str]]:
    return said(list(validate([service(**changes)], SECRETS, {"isp-framework": seen})))


def test_a_service_that_has_everything_is_one_good_row() -> None:
    assert judged(folder()) == [("environment", "pass", "3 secret files and 0 variables are there and agree")]


def test_a_service_without_secrets_needs_no_folder() -> None:
    assert judged(None, secret_files=[])[0][1] == "pass"


def test_a_missing_folder_is_one_finding() -> None:
    assert judged(None) == [("secrets", "fail", "the folder of its secrets is not there")]


def changed_url(old: str, new: str) -> str:
    return URL.format(username="isp_framework", password=PASSWORD).replace(old, new)


@pytest.mark.parametrize(
    ("changes", "defect"),
    [
        ({"SECRET_KEY": None}, "is missing"),
        ({"SECRET_KEY": ""}, "is empty"),
        ({"SECRET_KEY": KEY[:20]}, "has fewer than 32 characters"),
        ({"SECRET_KEY": "change-me" * 7}, "is a placeholder"),
        ({"SECRET_KEY": "ab" * 32}, "has fewer than 8 different characters"),
        ({"SECRET_KEY": f"{KEY}\n"}, "begins or ends with white space"),
        ({"STRIPE": "sk_live_12345"}, "has fewer than 20 characters"),
        ({"STRIPE": "sk_live_todo_9f8e7d6c5b"}, "is a placeholder"),
        ({"DATABASE_URL": "hunter2"}, "is no URL"),
        ({"DATABASE_URL": "postgresql://[half/"}, "is no URL"),
        ({"DATABASE_URL": changed_url("+psycopg", "")}, "names another scheme than postgresql+psycopg"),
        ({"DATABASE_URL": changed_url("2.10", "2.11")}, "names another host than 10.90.2.10"),
        ({"DATABASE_URL": changed_url(":5432", ":6432")}, "names another port than 5432"),
        ({"DATABASE_URL": changed_url(":5432", ":none")}, "names another port than 5432"),
        ({"DATABASE_URL": changed_url("/dotmac_isp", "/dotmac")}, "names another database than dotmac_isp"),
        (
            {"DATABASE_URL": changed_url("verify-full", "disable")},
            "names another set of parameters than sslmode=verify-full",
        ),
        ({"DATABASE_URL": changed_url(PASSWORD, "")}, "names no account, or no password"),
        (
            {"DATABASE_URL": changed_url("isp_framework:", "admin:")},
            "names another account than isp_framework and isp_framework_b",
        ),
        ({"DATABASE_URL": changed_url(PASSWORD, "short1Aa")}, "has fewer than 32 characters"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_defect_is_named_and_no_value_shown(changes: dict[str, str | None], defect: str) -> None:
    found = judged(folder(**changes))
    assert [(name, status) for name, status, _message in found] == [(next(iter(changes)), "fail")]
    assert found[0][2] == f"the secret file {defect}"
    for value in (PASSWORD, KEY, STRIPE, "hunter2"):
        assert value not in str(found)


def test_the_account_that_takes_turns_is_no_defect() -> None:
    assert judged(folder(DATABASE_URL=changed_url("isp_framework:", "isp_framework_b:")))[0][1] == "pass"


def test_a_random_key_may_hold_a_short_word_by_chance() -> None:
    assert judged(folder(SECRET_KEY=f"{KEY[:40]}todo"))[0][1] == "pass"


def test_a_value_that_its_format_cannot_have_made_is_found() -> None:
    files = [{"name": "KEY", "path": "isp-framework/secret-key", "format": "key:{value}"}]
    assert judged(folder() | {"KEY": SecretFile(KEY, "0400", "10001")}, secret_files=files)[0][2] == (
        "the secret file is not made from its format"
    )


def test_mode_and_owner_are_those_the_agent_gives() -> None:
    seen = folder() | {"STRIPE": SecretFile(STRIPE, "0444", "0")}
    assert judged(seen) == [
        ("STRIPE", "fail", "the secret file has mode 0444 and owner 0, expected are 0400 and 10001")
    ]


def test_a_file_that_no_model_names_is_a_warning() -> None:
    assert judged(folder(LEFT_OVER="x"))[0] == ("LEFT_OVER", "warn", "is in its secrets folder and in no model")


def test_a_value_used_for_two_secrets_is_found_and_one_shared_by_services_is_none() -> None:
    found = judged(folder(STRIPE=KEY))
    assert found[0][2] == ("the secret file holds the value of isp-framework/secret-key, which external/stripe has too")
    files = service()["secret_files"][2:]
    both = [service(secret_files=files), service(name="worker", secret_files=files)]
    only = {"STRIPE": folder()["STRIPE"]}
    rows = list(validate(both, SECRETS, {"isp-framework": only, "worker": only}))
    assert [row.finding.status for row in rows] == ["pass", "pass"]


def test_a_record_without_secrets_still_asks_for_sixteen_characters() -> None:
    rows = list(validate([service()], [], {"isp-framework": folder(STRIPE="abcdefgh12345")}))
    assert said(rows) == [("STRIPE", "fail", "the secret file has fewer than 16 characters")]


@pytest.mark.parametrize(
    ("value", "status"),
    [("https://api.dotmac.test/v1", "pass"), ("INFO", "pass"), ("  ", "warn"), ("CHANGE_THIS", "warn"),
     ("https://", "fail"), ("https://[half", "fail")],
)  # fmt: skip
def test_variables_are_there_and_urls_parse(value: str, status: str) -> None:
    assert judged(folder(), environment={"UPSTREAM": value})[0][1] == status


@pytest.mark.parametrize(
    ("text", "value", "fields"),
    [
        ("{value}", "abc", {"value": "abc"}),
        ("a{x}b{y}", "a1b2", {"x": "1", "y": "2"}),
        ("a{x}b", "a1", None),
        ("a{x}b", "a1bc", None),
        ("{value}", "", None),
        ("plain", "plain", {}),
    ],
)
def test_fields_are_read_back_from_a_format(text: str, value: str, fields: dict[str, str] | None) -> None:
    assert read_fields(text, value) == fields


def test_what_a_program_says_is_told_without_its_secrets() -> None:
    url = URL.format(username="isp_framework", password=PASSWORD)
    text = f"cannot connect to {url} with {PASSWORD}; key {KEY}; postgresql://[half"
    assert hide(text, [url, KEY, "postgresql://[half", ""]) == "cannot connect to *** with ***; key ***; ***"
