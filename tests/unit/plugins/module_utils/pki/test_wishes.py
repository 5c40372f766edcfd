# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.steward.platform.plugins.module_utils.pki.wishes import (
    NOT_ISSUED_YET,
    certificate_files,
    host_certificates,
)

PLATFORM: dict[str, Any] = {
    "domains": ["example.com", "example.net"],
    "hosts": {
        "db1": {"private_address": "10.0.0.5", "groups": ["database", "secrets"]},
        "edge1": {"private_address": "10.0.0.6", "groups": ["proxy"]},
    },
    "services": [
        {"routes": [{"host": "isp.example.com", "path": "/"}, {"host": "example.com", "path": "/x"}]},
        {"routes": []},
    ],
}
SERVICE_NAMES = {"secrets": ["bao.internal"], "proxy": ["edge.internal"]}
DAYS = {"host": 365, "edge": 90}


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("db1", {"host": ["db1", "localhost", "bao.internal", "10.0.0.5", "127.0.0.1", "::1"]}),
        (
            "edge1",
            {
                "host": ["edge1", "localhost", "edge.internal", "10.0.0.6", "127.0.0.1", "::1"],
                "edge": ["example.com", "example.net", "isp.example.com"],
            },
        ),
    ],
)
def test_certificates_follow_from_the_groups(host: str, names: dict[str, list[str]]) -> None:
    rows = host_certificates(PLATFORM, host, SERVICE_NAMES, DAYS)
    assert {row["name"]: row["names"] for row in rows} == names


def test_host_key_is_shared_and_edge_key_is_not() -> None:
    host, edge = host_certificates(PLATFORM, "edge1", SERVICE_NAMES, DAYS)
    assert (host["key"], host["key_mode"], host["key_group"]) == ("/etc/ssl/steward/host.key", "0640", "steward-tls")
    assert (edge["key"], edge["key_mode"], edge["key_group"]) == ("/etc/ssl/steward/edge.key", "0600", "root")
    assert (host["usages"], edge["usages"]) == (["server", "client"], ["server"])
    assert (host["days"], edge["days"]) == (365, 90)


def test_issued_certificates_win_and_unknown_ones_say_so() -> None:
    wishes = [{"name": name, "path": f"/{name}.pem"} for name in ("old", "new", "later")]
    files = certificate_files(wishes, "CA", {"old": "OLD", "new": "PAST"}, {"new": "NEW"})
    assert [(file["path"], file["content"]) for file in files] == [
        ("/etc/ssl/steward/ca/ca.pem", "CA"),
        ("/old.pem", "OLD"),
        ("/new.pem", "NEW"),
        ("/later.pem", NOT_ISSUED_YET),
    ]
    assert {file["mode"] for file in files} == {"0644"}
