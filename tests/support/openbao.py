# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenBao as a person on its host handles it: its own program, and the runbooks of the role."""

from __future__ import annotations

import re
import subprocess
from typing import Any

from .machines import Machine
from .paths import ROOT

CLI = "BAO_ADDR=https://127.0.0.1:8200 BAO_CACERT=/etc/ssl/steward/ca/ca.pem"

SECRETS = "/run/dotmac/secrets"
# Signs that the template engine, the configuration language or a shell could take for their own.
ODD = "$\"\\ {value}$ it's <&>"
AUTHORITY = r"""
set -e
groupadd -rf steward-tls
mkdir -p /etc/ssl/steward/ca
cd /etc/ssl/steward
new="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
openssl req -x509 $new -keyout /root/ca.key -out ca/ca.pem -days 30 -subj /CN=test-ca \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
openssl req $new -keyout host.key -out /root/host.csr -subj /CN=bao
chgrp steward-tls host.key
chmod 0640 host.key
"""
CERTIFICATE = r"""
set -e
cd /etc/ssl/steward
printf 'subjectAltName=IP:127.0.0.1,IP:ADDRESS\nauthorityKeyIdentifier=keyid\n' > /root/ext
openssl x509 -req -in /root/host.csr -CA ca/ca.pem -CAkey /root/ca.key -CAcreateserial -days 30 \
  -extfile /root/ext -out /root/host.pem
chmod 0644 /root/host.pem
mv /root/host.pem host.pem
"""


def platform(address: str) -> dict[str, Any]:
    """A model with each kind of secret, a service without any, and an odd format."""
    url = "postgresql+psycopg://{username}:{password}@10.90.2.10:5432/dotmac_isp?sslmode=verify-full"
    return {
        "name": "dotmac",
        "hosts": {"bao": {"private_address": address, "groups": ["app", "secrets"]}},
        "groups": {"app": ["bao"], "secrets": ["bao"]},
        "paths": {"secrets": SECRETS},
        "secrets": [
            {"path": "database/isp-framework", "kind": "credentials", "fields": {"username": "isp_framework"}},
            {"path": "isp-framework/secret-key", "kind": "key", "length": 64},
            {"path": "external/stripe", "kind": "external", "variable": "stripe_secret_key", "minimum": 16},
        ],
        "services": [
            {
                "name": "isp-framework",
                "kind": "web",
                "uid": 10001,
                "secret_files": [
                    {"name": "DATABASE_URL", "path": "database/isp-framework", "format": url},
                    {"name": "SECRET_KEY", "path": "isp-framework/secret-key", "format": "{value}"},
                    {"name": "STRIPE", "path": "external/stripe", "format": "{value}"},
                    {"name": "ODD", "path": "external/stripe", "format": ODD},
                ],
            },
            {
                "name": "worker",
                "kind": "worker",
                "uid": 10002,
                "secret_files": [{"name": "KEY", "path": "isp-framework/secret-key", "format": "{value}"}],
            },
            {"name": "beat", "kind": "scheduler", "uid": 10002, "secret_files": []},
        ],
    }


def cli(bao: Machine, command: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """The program itself, on the host: another way to the same server than the modules'."""
    return bao.run(f"export {CLI}; {command}", **options)


def runbook(number: int) -> str:
    """A code block of the role's README, as somebody would paste it."""
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", (ROOT / "roles/openbao/README.md").read_text(), re.DOTALL)
    return f"set -eu\n{blocks[number]}"


def make_root_token(bao: Machine) -> None:
    bao.run("sh -s", input=runbook(0))


def operator_seal(bao: Machine) -> None:
    """Seal it as an operator does; a static seal opens itself again only at the next start."""
    make_root_token(bao)
    cli(bao, "BAO_TOKEN=$(cat /run/openbao-root-token) bao operator seal; rm /run/openbao-root-token")
