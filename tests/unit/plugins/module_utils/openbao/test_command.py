# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.openbao.command import (
    admin_policy,
    agent_files,
    build_role,
    build_template,
    render_format,
    service_policy,
)
from ansible_collections.steward.platform.plugins.module_utils.openbao.model import SecretFile, Service

FILE = SecretFile("URL", "database/web", 'db://{username}:{password}@h?a="b"')
WEB = Service("web", 10001, (FILE, SecretFile("KEY", "web/key", "{value}")))
WHERE = {
    "mount": "demo",
    "address": "https://10.0.0.1:8200",
    "ca_file": "/ca.pem",
    "secrets_directory": "/run/demo/secrets",
}


def test_a_service_may_read_exactly_its_secrets() -> None:
    assert service_policy("demo", WEB) == (
        "# Kept by steward.platform: platform demo\n"
        'path "demo/data/database/web" {\n  capabilities = ["read"]\n}\n'
        'path "demo/data/web/key" {\n  capabilities = ["read"]\n}\n'
    )


def test_the_admin_can_tune_approle_and_take_snapshots() -> None:
    text = admin_policy()
    assert 'path "sys/auth/approle/tune" {\n  capabilities = ["read", "update", "sudo"]\n}' in text
    assert 'path "sys/storage/raft/snapshot" {\n  capabilities = ["read"]\n}' in text


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("{value}", "{{ .Data.data.value }}"),
        ("a {username}:{password}", "a {{ .Data.data.username }}:{{ .Data.data.password }}"),
        ("{{x}}", '{{ "{" }}x}'),
        (r"${{x}}", '{{ "$" }}{{ "{" }}x}'),
        (r"${value}", '{{ "$" }}{{ .Data.data.value }}'),
    ],
)
def test_formats_become_templates(text: str, template: str) -> None:
    whole = '{{ with secret "demo/data/a" }}' + template + "{{ end }}"
    assert build_template("demo", SecretFile("F", "a", text)) == whole


def test_formats_are_rendered_for_comparison() -> None:
    assert render_format("{{a}} {username}:{password}!", {"username": "u", "password": "p{}"}) == "{a} u:p{}!"


def test_agents_get_their_configuration_and_missing_logins() -> None:
    beat = Service("beat", 10002)
    files = agent_files([WEB, beat], {"beat": {"role_id": "r", "secret_id": "s"}}, **WHERE)
    assert [(entry["path"], entry["mode"]) for entry in files] == [
        ("/etc/steward/agent/web.hcl", "0600"),
        ("/etc/steward/agent/beat.hcl", "0600"),
        ("/etc/steward/approle/beat.role-id", "0400"),
        ("/etc/steward/approle/beat.secret-id", "0400"),
    ]
    text = files[0]["content"]
    assert 'secret_id_file_path = "/etc/steward/approle/web.secret-id"' in text
    assert 'destination = "/run/demo/secrets/web/URL"' in text
    assert r'{{ .Data.data.password }}@h?a=\"b\"{{ end }}"' in text
    assert text.count('user = "10001"') == 2
    assert files[3]["secret_content"] == "s"
    assert "content" not in files[3]


def test_roles_are_bound_to_networks_only_when_told() -> None:
    assert build_role("p")["token_policies"] == ["p"]
    assert "secret_id_bound_cidrs" not in build_role("p")
    assert build_role("p", ["127.0.0.0/8"])["secret_id_bound_cidrs"] == ["127.0.0.0/8"]
