# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role ``proxy``: what the edge answers, seen from outside."""

from __future__ import annotations

import json
import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from ansible_collections.steward.platform.tests.support.machines import poll
from ansible_collections.steward.platform.tests.system.traffic.edge import Answer, Edge, finish
from ansible_collections.steward.platform.tests.system.traffic.stage import (
    BLUE,
    ISP,
    MANAGEMENT,
    OTHER,
    Stage,
    make_stage,
)

HSTS = "max-age=63072000; includeSubDomains"
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "cross-origin-opener-policy": "same-origin",
}
SUITES = {
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
}
SERVING = {ISP: ["blue-1", "blue-2"], MANAGEMENT: ["blue-1"]}


@pytest.fixture(scope="module")
def stage(host, inventory, ansible_playbook) -> Stage:
    made = make_stage(host, inventory, ansible_playbook)
    # Limits are lifted for the tests' own address except where they are the subject.
    made.defaults = {"proxy_rate_limit_exempt": ["10.90.0.0/16", "fd90::/16"], "proxy_active_servers": SERVING}
    made.converge()
    made.wait_ready("blue-1", "blue-2")
    return made


@pytest.fixture(scope="module")
def edge(stage: Stage) -> Edge:
    return Edge(stage)


def test_a_second_run_changes_nothing_and_is_short(stage: Stage) -> None:
    newest = "find /etc /var/www -newer /run/mark -type f -o -newer /run/mark -type d"
    stage.machine.run("touch /run/mark")
    result = stage.converge(diff=True)
    assert not result.changed
    assert stage.machine.run(newest).stdout == ""
    validations = [task for task in result.executed if task.action == "ansible.builtin.validate_argument_spec"]
    inclusions = [task for task in result.executed if task.action == "ansible.builtin.include_role"]
    gathering = [task for task in result.executed if "setup" in task.action or "gather_facts" in task.action]
    assert len(result.executed) - len(validations) - len(inclusions) - len(gathering) <= 8


@pytest.mark.parametrize(
    ("name", "path", "tls", "method", "status"),
    [
        ("isp.shop.test", "/", True, "GET", 200),
        ("isp.shop.test", "/api", True, "GET", 200),
        ("isp.shop.test", "/api/v1/orders", True, "GET", 200),
        ("isp.shop.test", "/api/v1/auth", True, "POST", 200),
        ("isp.shop.test", "/api/v1/auth/login", True, "POST", 200),
        ("isp.shop.test", "/metrics", True, "GET", 404),
        ("isp.shop.test", "/metrics/", True, "GET", 404),
        ("isp.shop.test", "/internal", True, "GET", 404),
        ("isp.shop.test", "/internal/debug", True, "GET", 404),
        ("mgmt.shop.test", "/", True, "GET", 200),
        ("shop.test", "/", True, "GET", 404),
        ("shop.test", "/health", True, "GET", 200),
        ("wide.shop.test", "/", True, "GET", 404),
        ("wide.shop.test", "/isp", True, "GET", 200),
        ("wide.shop.test", "/isp/x", True, "GET", 200),
        ("wide.shop.test", "/health", True, "GET", 200),
        ("isp.shop.test", "/", False, "GET", 301),
        ("isp.shop.test", "/health", False, "GET", 200),
        ("isp.shop.test", "/.well-known/acme-challenge/none", False, "GET", 404),
        ("other.test", "/health", False, "GET", 200),
        ("other.test", "/.well-known/acme-challenge/none", False, "GET", 404),
        ("other.test", "/.steward/edge", False, "GET", 404),
        ("isp.shop.test", "/%00", True, "GET", 400),
    ],
)
def test_every_location_has_every_security_header_once(
    edge: Edge, name: str, path: str, tls: bool, method: str, status: int
) -> None:
    answer = edge.ask(name, path, tls=tls, method=method)
    assert answer.status == status
    _assert_headers(answer, tls=tls)


def _assert_headers(answer: Answer, *, tls: bool = True) -> None:
    for header, value in HEADERS.items():
        assert answer.values(header) == [value], header
    assert answer.values("strict-transport-security") == ([HSTS] if tls else [])
    assert len(answer.values("content-security-policy")) == 1
    assert re.fullmatch("[0-9a-f]{32}", answer.values("x-request-id")[0])
    assert answer.values("server") == ["nginx"]


def test_the_probe_covers_every_location(stage: Stage) -> None:
    """A location that the test above does not know would go unseen."""
    written = stage.machine.run("cat /etc/nginx/conf.d/steward-edge.conf").stdout
    blocks = re.findall(r"    location ([^{]+) \{\n(.*?)\n    \}", written, re.DOTALL)
    assert {match for match, body in blocks} == {
        "/",
        "= /api",
        "/api/",
        "= /api/v1/auth",
        "/api/v1/auth/",
        "= /metrics",
        "/metrics/",
        "= /internal",
        "/internal/",
        "= /health",
        "= /isp",
        "/isp/",
        "= /.steward/edge",
        "^~ /.well-known/acme-challenge/",
    }
    closed = [match for match, body in blocks if "headers.conf" not in body]
    assert closed == ["/"]  # Of the unknown names: it answers nothing.


def test_error_pages_have_the_headers_too(edge: Edge) -> None:
    malformed = edge.raw(b"BAD REQUEST\r\n\r\n")
    large = edge.ask("isp.shop.test", "/", method="POST", headers={"Content-Length": str(101 * 1024 * 1024)})
    edge.stage.direct(active=[])
    unavailable = edge.ask("isp.shop.test", "/")
    edge.stage.direct(active=SERVING[ISP])
    assert [malformed.status, large.status, unavailable.status] == [400, 413, 503]
    for answer in (malformed, large, unavailable):
        _assert_headers(answer)


def test_a_service_may_have_its_own_content_policy(edge: Edge) -> None:
    assert edge.ask("isp.shop.test", "/own-policy").values("content-security-policy") == ["default-src 'none'"]
    assert "frame-ancestors 'none'" in edge.ask("isp.shop.test").values("content-security-policy")[0]


@pytest.fixture
def limited(stage: Stage, edge: Edge) -> Iterator[Edge]:
    """The edge with its limits for everybody, which a check run foretold."""
    different = {"proxy_rate_limit_exempt": []}
    predicted = stage.converge(different, check=True, diff=True)
    real = stage.converge(different, diff=True)
    for result in (predicted, real):
        assert "-    10.90.0.0/16 1;\n" in result.output
        assert [task.name for task in result.changed] == ["Configure the edge"]
    # The counters outlive a reload.
    stage.machine.run("systemctl restart nginx")
    yield edge
    stage.converge()


def test_limits_hold_where_the_paths_are(limited: Edge) -> None:
    def statuses(path: str, count: int) -> list[int]:
        return [limited.ask("isp.shop.test", path, method="POST").status for number in range(count)]

    auth = statuses("/api/v1/auth/login", 9)
    assert auth[:6] == [200] * 6
    assert 429 in auth[6:]
    while (refused := limited.ask("isp.shop.test", "/api/v1/auth")).status != 429:
        assert refused.status == 200
    _assert_headers(refused)
    assert statuses("/api/v1/authors", 9) == [200] * 9
    assert statuses("/orders", 40) == [200] * 40
    connections = [limited.begin("/api/x") for number in range(60)]
    api = [finish(connection) for connection in connections]
    assert api.count(200) >= 21
    assert 429 in api


def test_metrics_cannot_be_reached_by_another_spelling(edge: Edge) -> None:
    for path in ("//metrics", "/%6detrics", "/x/../metrics", "/./metrics", "/metrics?x=1", "/%2fmetrics"):
        assert edge.ask("isp.shop.test", path).status == 404, path
    assert edge.ask("isp.shop.test", "/metricsx").status == 200


def test_unknown_names_get_nothing(edge: Edge) -> None:
    assert edge.ask("isp.shop.test", headers={"Host": "other.test"}).status == 0
    assert edge.ask("other.test", "/", tls=False).status == 0


def test_plain_http_goes_to_https_and_serves_acme(edge: Edge) -> None:
    answer = edge.ask("isp.shop.test", "/a?b=1", tls=False)
    assert answer.values("location") == ["https://isp.shop.test/a?b=1"]
    folder = "/var/www/certbot/.well-known/acme-challenge"
    edge.stage.machine.run(f"mkdir -p {folder} && echo -n proof > {folder}/token")
    for name in ("isp.shop.test", "other.test"):
        served = edge.ask(name, "/.well-known/acme-challenge/token", tls=False)
        assert (served.status, served.body) == (200, b"proof")


def test_tls_is_1_2_and_1_3_with_four_suites(edge: Edge) -> None:
    def connect(**settings: object) -> ssl.SSLSocket:
        context = edge.context()
        for name, value in settings.items():
            context.set_ciphers(str(value)) if name == "ciphers" else setattr(context, name, value)
        plain = socket.create_connection((edge.address, 443), timeout=30)
        return context.wrap_socket(plain, server_hostname="isp.shop.test")

    old = {"minimum_version": ssl.TLSVersion.MINIMUM_SUPPORTED, "maximum_version": ssl.TLSVersion.TLSv1_1}
    # It must be the server that refuses, not this client.
    with pytest.deprecated_call(), pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
        connect(ciphers="ALL:@SECLEVEL=0", **old)
    with closing(connect()) as connected:
        assert connected.version() == "TLSv1.3"
    accepted = set()
    for suite in ssl.create_default_context().get_ciphers():
        try:
            with closing(connect(maximum_version=ssl.TLSVersion.TLSv1_2, ciphers=suite["name"])) as connected:
                accepted.add(connected.cipher()[0])
                assert connected.session is not None
                assert not connected.session.has_ticket
        except ssl.SSLError:
            continue
    # The test's certificate is an ECDSA one.
    assert accepted == {name for name in SUITES if "ECDSA" in name}
    written = edge.stage.machine.run("nginx -T 2>/dev/null | grep -o 'ssl_ciphers [^;]*'").stdout.split()
    assert set(written[1].split(":")) == SUITES


def test_http_2_is_offered_and_answers(edge: Edge) -> None:
    context = edge.context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    plain = socket.create_connection((edge.address, 443), timeout=30)
    with closing(context.wrap_socket(plain, server_hostname="isp.shop.test")) as connected:
        assert connected.selected_alpn_protocol() == "h2"
        # The preface and an empty SETTINGS frame; the server's own SETTINGS (type 4) must come back.
        connected.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
        assert connected.recv(9)[3] == 4


def test_what_a_service_sees(edge: Edge) -> None:
    sent = {"X-Request-ID": "my-request-0001", "X-Forwarded-For": "1.2.3.4", "Forwarded": "for=1.2.3.4"}
    answer = edge.ask("isp.shop.test", "/headers", headers=sent)
    seen = json.loads(answer.body)["headers"]
    assert seen["x-request-id"] == "my-request-0001"
    assert answer.values("x-request-id") == ["my-request-0001"]
    assert seen["host"] == "isp.shop.test"
    assert seen["x-forwarded-proto"] == "https"
    assert seen["x-forwarded-for"] == seen["x-real-ip"] != "1.2.3.4"
    assert "forwarded" not in seen
    forged = edge.ask("isp.shop.test", "/headers", headers={"X-Request-ID": 'a"b c'})
    assert re.fullmatch("[0-9a-f]{32}", json.loads(forged.body)["headers"]["x-request-id"])


def test_large_answers_are_compressed(edge: Edge) -> None:
    answer = edge.ask("isp.shop.test", "/large", headers={"Accept-Encoding": "gzip"})
    assert answer.values("content-encoding") == ["gzip"]
    assert len(answer.body) < 1000


def test_a_body_just_below_the_limit_passes(edge: Edge) -> None:
    assert edge.ask("isp.shop.test", "/upload", method="POST", body=b"x" * (99 * 1024 * 1024)).status == 200


def test_the_log_is_json_without_query_strings(edge: Edge) -> None:
    name = f"logged-{time.time_ns()}"
    edge.ask("isp.shop.test", "/logged?token=sesame", headers={"X-Request-ID": name, "User-Agent": 'a"b'})
    line = poll(
        lambda: edge.stage.machine.run(f"grep -h {name} /var/log/nginx/access.log", check=False).stdout, seconds=5
    )
    assert "sesame" not in line
    row = json.loads(line)
    assert (row["path"], row["status"], row["service"], row["agent"]) == ("/logged", "200", ISP, 'a"b')
    assert all(float(row[name]) >= 0 for name in ("rt", "uct", "uht", "urt"))
    assert row["upstream"] == "127.0.0.1:8001"


def test_health_is_that_of_the_services(edge: Edge) -> None:
    def statuses() -> list[int]:
        return [
            edge.ask("isp.shop.test", "/health", tls=False).status,
            edge.ask("other.test", "/health", tls=False).status,
            edge.ask("shop.test", "/health").status,
            edge.ask("isp.shop.test", "/health").status,
            edge.ask("mgmt.shop.test", "/health").status,
        ]

    poll(lambda: statuses() == [200] * 5, seconds=20)
    edge.stage.unready(*OTHER)
    poll(lambda: statuses() == [503, 503, 503, 200, 503], seconds=20, what="503 wherever one service is not ready")
    answer = edge.ask("other.test", "/health", tls=False)
    assert json.loads(answer.body)["service"] == MANAGEMENT
    edge.stage.unready(*OTHER, *BLUE)
    poll(lambda: statuses() == [503] * 5, seconds=20)
    edge.stage.unready()
    poll(lambda: statuses() == [200] * 5, seconds=20)


def test_ipv6_serves_too(edge: Edge) -> None:
    address = edge.stage.machine.public_ipv6
    assert edge.ask("isp.shop.test", address=address).status == 200
    assert edge.ask("isp.shop.test", address=address, tls=False).status == 301


def test_nothing_else_listens_on_public_addresses(stage: Stage) -> None:
    lines = stage.machine.run("ss -Hltn").stdout.splitlines()
    listening = {line.split()[3] for line in lines}
    ours = {each for each in listening if not each.startswith("127.") and not each.endswith(":22")}
    replicas = {each for each in ours if re.search(r":180\d\d$", each)}
    private = stage.machine.private_ipv4
    assert ours - replicas == {"0.0.0.0:80", "[::]:80", "0.0.0.0:443", "[::]:443", f"{private}:8000", f"{private}:8001"}


def test_a_configuration_nginx_refuses_is_put_back(stage: Stage, edge: Edge) -> None:
    before = stage.machine.run("cat /etc/nginx/conf.d/steward-edge.conf").stdout
    limits = [{"name": "api", "paths": ["/api"], "rate": "often", "burst": 5}]
    result = stage.converge({"proxy_rate_limits": limits}, expect=2)
    assert 'invalid rate "rate=often"' in result.output
    assert stage.machine.run("cat /etc/nginx/conf.d/steward-edge.conf").stdout == before
    assert edge.ask("isp.shop.test").status == 200


@pytest.mark.long
def test_a_reload_that_silently_did_not_happen_is_seen(stage: Stage) -> None:
    """The master is stopped: the signal is sent, systemctl says 0, and nothing follows."""
    stage.machine.run("kill -STOP $(cat /run/nginx.pid)")
    try:
        result = stage.converge({"proxy_body_size": "77m"}, expect=2)
    finally:
        stage.machine.run("kill -CONT $(cat /run/nginx.pid)")
    assert [task.name for task in result.failed] == ["Verify that nginx serves this configuration"]
    stage.converge()


def test_the_switch_of_the_role_moves_traffic(stage: Stage) -> None:
    names = {ISP: ["green-1"]}
    step = {"name": "steward.platform.proxy", "tasks_from": "switch"}
    play = {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [
            {"name": "Move", "ansible.builtin.include_role": step, "vars": {"proxy_active_servers": names}},
            {"name": "Show", "ansible.builtin.debug": {"var": "proxy_traffic.active"}},
        ],
    }
    result = stage.play([play])
    assert result.result("Switch | Move the traffic to the active servers")["active"] == {**SERVING, **names}
    assert not result.result("Switch | Move the traffic to the active servers")["reloaded"]
    stage.converge()
