# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that are the machine's own."""

from __future__ import annotations

from ansible_collections.steward.platform.tests.hosts.throwaway import trust


def pem(body: str) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"


def test_only_what_debian_does_not_ship_is_extra() -> None:
    bundle = "# Public\n" + pem("AAA") + "# Company\n" + pem("BBB")
    assert trust.extra_certificates(bundle, pem("AAA")) == [pem("BBB")]


def test_spaces_line_ends_and_repetition_do_not_matter() -> None:
    bundle = pem("AAA ").replace("\n", "\r\n") + pem("BBB") + pem("BBB")
    assert trust.extra_certificates(bundle, pem("AAA")) == [pem("BBB")]


def test_no_bundle_no_certificates() -> None:
    assert trust.extra_certificates("", pem("AAA")) == []
