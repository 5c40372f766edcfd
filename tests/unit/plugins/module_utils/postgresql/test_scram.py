# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64

import pytest

from ansible_collections.steward.platform.plugins.module_utils.postgresql import scram

PASSWORD = "pencil-and-paper"
# What PostgreSQL 17.12 stored for PASSWORD: ALTER ROLE … PASSWORD '…', then SELECT rolpassword FROM pg_authid.
STORED = (
    "SCRAM-SHA-256$4096:oMpJASTl2flvELR7DS8kDg==$"
    "Bnr4+yjUs19LZnPIe6olr3EA+v48Gam3dC4f3tSCpTk=:iytw21aU0ShF+fDN1IupvNazxe9mwykSACtZuSzv1W8="
)


def test_a_verifier_of_the_server_belongs_to_its_password():
    assert scram.is_verifier_of(STORED, PASSWORD)


def test_with_the_same_salt_ours_is_the_servers():
    salt = scram.parse_verifier(STORED).salt
    assert scram.build_verifier(PASSWORD, salt).to_text() == STORED


def test_rfc_7677_example():
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    verifier = scram.build_verifier("pencil", salt, 4096)
    assert base64.b64encode(verifier.server_key).decode() == "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(None, id="no password"),
        pytest.param("", id="empty"),
        pytest.param("md5d41d8cd98f00b204e9800998ecf8427e", id="an MD5 hash"),
        pytest.param("SCRAM-SHA-256$4096:abc$def:ghi", id="damaged base64"),
        pytest.param(scram.build_verifier("another password", b"0123456789abcdef").to_text(), id="another password"),
        pytest.param(scram.build_verifier(PASSWORD, b"0123456789abcdef", 1000).to_text(), id="too few iterations"),
    ],
)
def test_it_is_not_the_verifier(stored):
    assert not scram.is_verifier_of(stored, PASSWORD)


def test_more_iterations_than_ours_are_kept():
    assert scram.is_verifier_of(scram.build_verifier(PASSWORD, b"0123456789abcdef", 5000).to_text(), PASSWORD)
