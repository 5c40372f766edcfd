# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.postgresql import command


@pytest.mark.parametrize(("name", "quoted"), [("order", '"order"'), ('a"b', '"a""b"')], ids=["a keyword", "a quote"])
def test_names_are_quoted(name, quoted):
    assert command.quote_name(name) == quoted


def test_text_is_quoted():
    assert command.quote_text("it's") == "'it''s'"


def test_attributes_that_are_not_wanted_are_denied():
    assert command.build_attributes({"LOGIN", "INHERIT"}) == (
        "NOSUPERUSER NOCREATEDB NOCREATEROLE INHERIT LOGIN NOREPLICATION NOBYPASSRLS"
    )


@pytest.mark.parametrize(
    ("role", "end"), [("app_owner", "SET role = 'app_owner'"), (None, "RESET role")], ids=["set", "reset"]
)
def test_the_role_of_a_session(role, end):
    assert command.set_session_role("app", "api", role) == f'ALTER ROLE "api" IN DATABASE "app" {end}'
