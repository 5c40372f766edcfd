# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.core.tls import SERVED
from ansible_collections.steward.platform.plugins.module_utils.postgresql import server

UNIT = "postgresql@17-main.service"
GOOD = server.ServerState(active=True, enabled=True, listens={"127.0.0.1": SERVED, "10.0.0.1": SERVED}, version="17.12")
DEAF = {"127.0.0.1": SERVED, "10.0.0.1": "no TLS connection: refused"}


def test_files_follow_debians_layout():
    wanted = server.build_wanted(
        {
            "version": "17", "cluster": "main", "port": 5432, "addresses": ["127.0.0.1"], "ca_file": "/ca.pem",
            "certificate": "/host.pem", "settings_file": "50-steward.conf",
        }
    )  # fmt: skip
    assert wanted.unit == UNIT
    assert wanted.settings_file == "/etc/postgresql/17/main/conf.d/50-steward.conf"
    assert "/host.pem" in wanted.files


@pytest.mark.parametrize(
    ("state", "actions"),
    [
        pytest.param(GOOD, [], id="all is well"),
        pytest.param(server.ServerState(active=False, enabled=True), ["start"], id="stopped"),
        pytest.param(server.ServerState(active=False, enabled=False), ["enable", "start"], id="new"),
        pytest.param(replace(GOOD, newer=("/a.conf",)), ["reload"], id="a file is newer"),
        pytest.param(replace(GOOD, pending=("max_connections",)), ["restart"], id="a setting waits for a restart"),
        pytest.param(replace(GOOD, listens=DEAF), ["restart"], id="the private address came too late"),
        pytest.param(replace(GOOD, listens=DEAF, newer=("/host.pem",)), ["reload"], id="a certificate was renewed"),
    ],
)
def test_what_is_done(state, actions):
    assert [change.action for change in server.plan_server(UNIT, state).changes] == actions


def test_the_reason_is_shown():
    change = server.plan_server(UNIT, replace(GOOD, listens=DEAF, pending=("port",))).changes[0]
    assert change.before == "10.0.0.1: no TLS connection: refused; settings that wait for a restart: port"


def test_the_state_is_returned():
    assert server.plan_server(UNIT, GOOD).facts["server"] == {
        "version": "17.12",
        "active": True,
        "listens": GOOD.listens,
    }


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (replace(GOOD, errors=("pg_hba.conf line 3: bad",)), "errors in its files: pg_hba.conf line 3: bad"),
        (replace(GOOD, overridden=("port",)), "does not use our settings of port"),
    ],
    ids=["a bad file", "ALTER SYSTEM"],
)
def test_a_server_with_bad_files_is_left_running(state, message):
    with pytest.raises(StewardError, match=message):
        server.plan_server(UNIT, state)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (server.ServerState(active=False, enabled=True), "it does not run"),
        (replace(GOOD, listens=DEAF), "10.0.0.1: no TLS connection"),
    ],
    ids=["stopped", "deaf"],
)
def test_a_server_that_was_not_cured_is_an_error(state, message):
    with pytest.raises(StewardError, match=message):
        server.refuse_unhealthy(UNIT, state)


def test_a_healthy_server_is_none():
    server.refuse_unhealthy(UNIT, GOOD)
