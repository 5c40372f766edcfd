# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import InputError
from ansible_collections.steward.platform.plugins.module_utils.openbao.model import (
    Secret,
    SecretFile,
    Service,
    role_name,
)
from ansible_collections.steward.platform.plugins.module_utils.openbao.parse import (
    parse_catalog,
    parse_format,
    parse_services,
)

DATABASE = {"path": "database/web", "kind": "credentials", "fields": {"username": "web"}, "length": 40}
KEY = {"path": "web/key", "kind": "key", "length": 64}
STRIPE = {"path": "external/stripe", "kind": "external", "variable": "stripe_key", "minimum": 20}
URL = {"name": "URL", "path": "database/web", "format": "db://{username}:{password}@h"}


def service(*files: dict[str, Any], name: str = "web") -> dict[str, Any]:
    """As the model has it: with keys that are not ours."""
    return {"name": name, "uid": 10001, "kind": "web", "port": 8000, "secret_files": list(files)}


def defects(secrets: list[Any], services: list[Any], external: dict[str, Any] | None = None) -> list[str]:
    with pytest.raises(InputError) as caught:
        parse_catalog("demo", services, secrets, external or {})
    return caught.value.message.splitlines()


def test_catalog_is_read_from_the_model() -> None:
    catalog = parse_catalog("demo", [service(URL)], [DATABASE, KEY, STRIPE], {"external/stripe": "sk_live"})
    assert catalog.platform == "demo"
    assert catalog.secrets == (
        Secret("database/web", "credentials", "web", 40, "", 16),
        Secret("web/key", "key", "", 64, "", 16),
        Secret("external/stripe", "external", "", 32, "stripe_key", 20),
    )
    assert catalog.services == (Service("web", 10001, (SecretFile("URL", "database/web", URL["format"]),)),)
    assert catalog.external == {"external/stripe": "sk_live"}


def test_an_empty_external_value_counts_as_not_given() -> None:
    assert parse_catalog("demo", [], [STRIPE], {"external/stripe": ""}).external == {}


def test_a_service_names_each_secret_once() -> None:
    other = {**URL, "name": "OTHER"}
    (web,) = parse_services([service(URL, other, {"name": "KEY", "path": "a/key"})])
    assert web.paths == ("a/key", "database/web")
    assert web.files[2].format == "{value}"
    assert role_name("demo", web.name) == "demo-web"


@pytest.mark.parametrize(
    ("secrets", "services", "external", "line"),
    [
        ([{**KEY, "kind": "token"}], [], {}, "secrets[0].kind is 'token', allowed is one of: credentials, key"),
        ([{**KEY, "path": "A b"}], [], {}, "secrets[0].path is 'A b', allowed is: lower case words joined by '/'"),
        ([{**KEY, "length": 8}], [], {}, "secrets[0].length is 8, allowed is: at least 16 and at most 512"),
        ([KEY, KEY], [], {}, "secrets has web/key 2 times, allowed is: once"),
        ([{**DATABASE, "fields": {}}], [], {}, "secrets[0] (database/web).fields.username is missing"),
        ([KEY], [], {"web/key": "x"}, "external names web/key, which is no external secret of the catalogue"),
        ([], [service(name="Web")], {}, "services[0] (Web).name is 'Web'"),
        ([], [service(), service()], {}, "services has web 2 times, allowed is: once"),
        ([DATABASE], [service(URL, URL)], {}, "services (web).secret_files has URL 2 times, allowed is: once"),
        ([], [service(URL)], {}, "services (web).secret_files (URL).path is database/web, which the catalogue"),
        (
            [DATABASE], [service({**URL, "format": "{value}"})], {},
            "services (web).secret_files (URL).format names {value}, allowed for database/web is: password, username",
        ),
        (
            [DATABASE], [service({**URL, "format": "{password!r}"})], {},
            "services (web).secret_files (URL).format is not a text with {field} places: {password} is",
        ),
    ],
)  # fmt: skip
def test_each_defect_is_one_line(secrets: list[Any], services: list[Any], external: dict[str, Any], line: str) -> None:
    found = defects(secrets, services, external)
    assert len(found) == 1
    assert found[0].startswith(line)


def test_no_defect_shows_the_value_of_a_secret() -> None:
    assert "hunter22" not in "".join(defects([KEY], [], {"web/key": "hunter22"}))


def test_a_platform_has_a_name() -> None:
    with pytest.raises(InputError, match="platform is 'De mo', allowed is: lower case"):
        parse_catalog("De mo", [], [], {})


@pytest.mark.parametrize("broken", [{"name": "A B", "path": "a"}, {"name": "A", "path": "a", "format": "{"}])
def test_services_alone_are_checked_too(broken: dict[str, str]) -> None:
    with pytest.raises(InputError, match="secret_files"):
        parse_services([service(broken)])


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("plain", [("plain", "")]),
        ("{value}", [("", "value")]),
        ("a{{b}}{x}c", [("a{b}", "x"), ("c", "")]),
    ],
)
def test_formats_are_cut_into_parts(text: str, parts: list[tuple[str, str]]) -> None:
    assert parse_format(text) == parts


@pytest.mark.parametrize("text", ["{", "{}", "{0}", "{a.b}", "{a[0]}", "{a:>3}", "{a!r}"])
def test_only_plain_fields_are_formats(text: str) -> None:
    with pytest.raises(ValueError, match=r"field|'{'"):
        parse_format(text)
