# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts OpenBao reads: policies, and the configuration of an agent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .model import SNAPSHOT_PATH, SecretFile, Service
from .parse import parse_format

# The admin AppRole's policy. Who may write policies and AppRoles can give himself anything, so it does not pretend to
# less; it only leaves out what the collection never does (raw storage, seal, root tokens).
ADMIN_PATHS: Mapping[str, Sequence[str]] = {
    "sys/mounts": ("read",),
    "sys/mounts/*": ("create", "read", "update"),
    "sys/auth": ("read",),
    "sys/auth/approle": ("create", "read", "update", "sudo"),
    "sys/auth/approle/tune": ("read", "update", "sudo"),
    "sys/policies/acl": ("list",),
    "sys/policies/acl/*": ("create", "read", "update", "delete", "list"),
    "auth/approle/role": ("list",),
    "auth/approle/role/*": ("create", "read", "update", "delete", "list"),
    SNAPSHOT_PATH: ("read",),
    "+/data/*": ("create", "read", "update", "patch"),
    "+/metadata/*": ("read", "list"),
    "+/destroy/*": ("update",),
}

AGENT_DIRECTORY = "/etc/steward/agent"
APPROLE_DIRECTORY = "/etc/steward/approle"

AGENT = """\
# Kept by steward.platform; changes are overwritten.
exit_after_auth = true
vault {{
  address = {address}
  ca_cert = {ca_file}
  retry {{
    num_retries = 3
  }}
}}
auto_auth {{
  method "approle" {{
    mount_path = "auth/approle"
    # Else a refused secret-id is tried for ever.
    exit_on_err = true
    config = {{
      role_id_file_path = {role_id}
      secret_id_file_path = {secret_id}
      remove_secret_id_file_after_reading = false
    }}
  }}
}}
template_config {{
  exit_on_retry_failure = true
}}
"""

TEMPLATE = """\
template {{
  destination = {destination}
  contents = {contents}
  error_on_missing_key = true
  create_dest_dirs = false
  perms = "0400"
  user = "{uid}"
  group = "{uid}"
}}
"""


def build_policy(paths: Mapping[str, Sequence[str]], about: str) -> str:
    """A policy's text; the first line says whose it is."""
    rules = [
        f"path {json.dumps(path)} {{\n  capabilities = {json.dumps(list(may))}\n}}\n" for path, may in paths.items()
    ]
    return f"{owner_line(about)}\n" + "".join(rules)


def owner_line(about: str) -> str:
    """The first line of every policy of ours, by which those of a removed service are known."""
    return f"# Kept by steward.platform: {about}"


def service_policy(platform: str, service: Service) -> str:
    """A service reads exactly the secrets its files are made of."""
    return build_policy({f"{platform}/data/{path}": ("read",) for path in service.paths}, f"platform {platform}")


def admin_policy() -> str:
    return build_policy(ADMIN_PATHS, "administration")


def backup_policy() -> str:
    """Who makes backups reads snapshots, which nobody can read without the seal's key, and nothing else."""
    return build_policy({SNAPSHOT_PATH: ("read",)}, "backup")


def build_template(mount: str, file: SecretFile) -> str:
    """The agent's template for a file.

    >>> build_template("demo", SecretFile("URL", "database/web", "db://{username}"))
    '{{ with secret "demo/data/database/web" }}db://{{ .Data.data.username }}{{ end }}'
    """
    inner = "".join(
        _literal(literal) + (f"{{{{ .Data.data.{name} }}}}" if name else "")
        for literal, name in parse_format(file.format)
    )
    return f'{{{{ with secret "{mount}/data/{file.path}" }}}}{inner}{{{{ end }}}}'


def _literal(text: str) -> str:
    """Text that neither the template engine nor the configuration language takes for its own ("{{" and "${")."""
    return text.translate({ord(sign): f'{{{{ "{sign}" }}}}' for sign in "{$"})


def render_format(text: str, fields: Mapping[str, str]) -> str:
    """What the agent makes of a format, for comparison.

    :raises KeyError: the secret has no such field.
    """
    return "".join(literal + (fields[name] if name else "") for literal, name in parse_format(text))


def agent_files(
    services: Sequence[Service],
    logins: Mapping[str, Mapping[str, str]],
    *,
    mount: str,
    address: str,
    ca_file: str,
    secrets_directory: str,
) -> list[dict[str, str]]:
    """Entries for ``config_set``: each service's agent configuration, and the login where it gets a new one."""
    entries = []
    for service in services:
        text = build_agent(service, mount=mount, address=address, ca_file=ca_file, secrets_directory=secrets_directory)
        entries.append({"path": f"{AGENT_DIRECTORY}/{service.name}.hcl", "content": text, "mode": "0600"})
        for kind, value in sorted(logins.get(service.name, {}).items()):
            path = f"{APPROLE_DIRECTORY}/{service.name}.{kind.replace('_', '-')}"
            entries.append({"path": path, "secret_content": value, "mode": "0400"})
    return entries


def build_agent(service: Service, *, mount: str, address: str, ca_file: str, secrets_directory: str) -> str:
    """The configuration with which ``bao agent`` renders a service's files once."""
    login = f"{APPROLE_DIRECTORY}/{service.name}"
    head = AGENT.format(
        address=json.dumps(address),
        ca_file=json.dumps(ca_file),
        role_id=json.dumps(f"{login}.role-id"),
        secret_id=json.dumps(f"{login}.secret-id"),
    )
    return head + "".join(
        TEMPLATE.format(
            destination=json.dumps(f"{secrets_directory}/{service.name}/{file.name}"),
            contents=json.dumps(build_template(mount, file), ensure_ascii=False),
            uid=service.uid,
        )
        for file in service.files
    )


def build_role(policy: str, cidrs: Sequence[str] = ()) -> dict[str, Any]:
    """An AppRole's settings: short batch tokens, which leave nothing behind in the storage."""
    return {
        "bind_secret_id": True,
        **({"secret_id_bound_cidrs": list(cidrs)} if cidrs else {}),
        "secret_id_num_uses": 0,
        "secret_id_ttl": 0,
        "token_max_ttl": 600,
        "token_no_default_policy": True,
        "token_policies": [policy],
        "token_ttl": 600,
        "token_type": "batch",
    }
