# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

from ansible_collections.steward.platform.plugins.module_utils.health.plan import plan_probes

CERTIFICATES = [{"name": "host", "path": "/h.pem"}]
EVERYTHING: dict[str, Any] = {
    "platform": "dotmac",
    "address": "10.0.0.1",
    "groups": ["app", "cache", "database", "proxy", "secrets", "logging"],
    "certificates": CERTIFICATES,
    "redis": [{"name": "cache", "port": 6379}, {"name": "queue", "port": 6380}],
    "postgresql": {"port": 5432},
    "openbao": {"address": "https://10.0.0.1:8200"},
}
RELEASE = {
    "services": {
        "api": {"ready_path": "/ready", "ports": [18000, 18001]},
        "worker": {"ready_path": "", "ports": []},
    }
}


def test_every_group_asks_its_own() -> None:
    probes = {probe.name: (probe.kind, dict(probe.target)) for probe in plan_probes(EVERYTHING, RELEASE)}
    engines = ["docker.service", "nginx.service", "haproxy.service"]
    assert probes == {
        "units": ("units", {"units": [*engines, "dotmac-api.service", "dotmac-worker.service"]}),
        "containers": ("containers", {"platform": "dotmac"}),
        "api/1": ("http", {"url": "http://10.0.0.1:18000/ready"}),
        "api/2": ("http", {"url": "http://10.0.0.1:18001/ready"}),
        "redis cache": ("redis", {"port": 6379}),
        "redis queue": ("redis", {"port": 6380}),
        "postgresql": ("postgresql", {"port": 5432}),
        "director": ("director", {}),
        "openbao": ("openbao", {"address": "https://10.0.0.1:8200"}),
        "certificates": ("certificates", {"certificates": CERTIFICATES}),
    }


def test_app_host_without_a_release_is_not_asked_for_services() -> None:
    probes = plan_probes({**EVERYTHING, "groups": ["app"]}, None)
    assert [probe.name for probe in probes] == ["units", "certificates"]
    assert dict(probes[0].target) == {"units": ["docker.service"]}


def test_database_host_is_asked_for_its_database_only() -> None:
    assert [probe.name for probe in plan_probes({**EVERYTHING, "groups": ["database"]}, None)] == [
        "postgresql",
        "certificates",
    ]
