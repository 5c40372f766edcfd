# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No value that OpenBao holds is anywhere it must not be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.steward.platform.tests.support.platform import Platform

# Run on the host as root: every value of every secret, as the admin of the catalogue reads them.
READ_ALL = """
import json, sys
sys.path.insert(0, "/usr/local/bin/steward")
from steward.core import http
admin = json.load(open("/etc/steward/openbao-admin.json"))
base, ca = "https://127.0.0.1:8200/v1", "/etc/ssl/steward/ca/ca.pem"
login = {key: admin[key] for key in ("role_id", "secret_id")}
token = http.request("POST", base + "/auth/approle/login", json=login, ca_file=ca).json()["auth"]["client_token"]
def ask(method, path):
    return http.request(method, f"{base}/{path}", headers={"X-Vault-Token": token}, ca_file=ca).json()["data"]
def walk(folder):
    for name in ask("LIST", f"dotmac/metadata/{folder}")["keys"]:
        if name.endswith("/"):
            yield from walk(folder + name)
        else:
            data = ask("GET", f"dotmac/data/{folder}{name}")["data"]
            yield from (value for key, value in data.items() if key != "username")
print(json.dumps(sorted(set(walk("")))))
"""

PLACES = {
    "docker inspect": "docker inspect $(docker ps -aq)",
    "docker history": "docker images -q | sort -u | xargs -r -n1 docker history --no-trunc",
    "command lines": "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'; true",
    "environments": "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'; true",
    "journal": "journalctl --no-pager",
    "compose config": "for f in /opt/dotmac/releases/*/*/compose.json; do docker compose -f $f config; done",
    "release folders": "cat /opt/dotmac/releases/*/release.json /opt/dotmac/releases/*/*/compose.json",
    "steward's state and logs": "cat /var/lib/steward/* /var/log/steward/* 2>/dev/null; true",
    "logs": "cat /var/log/postgresql/* /var/log/openbao/* /var/log/nginx/* /var/log/redis/* 2>/dev/null; true",
}


@pytest.fixture(scope="module")
def values(platform: Platform) -> list[str]:
    found: list[str] = json.loads(platform.machine.run(["python3", "-c", READ_ALL]).stdout)
    assert len(found) > 10
    assert {file.read_text().strip() for file in platform.secrets.iterdir()} <= set(found)
    return found


def hits(text: str, values: list[str]) -> int:
    return sum(value in text for value in values)


@pytest.mark.parametrize("place", PLACES)
def test_no_secret_is_there(platform: Platform, values: list[str], place: str) -> None:
    text = platform.machine.run(PLACES[place], timeout=300).stdout
    assert text
    assert hits(text, values) == 0


def test_the_search_finds_a_secret_where_it_is(platform: Platform, values: list[str]) -> None:
    rendered = platform.machine.run("cat /run/dotmac/secrets/*/*").stdout
    assert hits(rendered, values) > 10


def test_the_loudest_run_shows_no_secret(platform: Platform, values: list[str], tmp_path: Path) -> None:
    result = platform.deploy(options=("-vvv", "--diff"))
    assert hits(result.output, values) == 0
