# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo platform on a host of its own, as its operators and its users see it."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .machines import Machine, make_base_images
from .paths import ROOT
from .playbooks import PlaybookRunner, PlayResult

INVENTORY = str(ROOT / "inventories/demo")
ISP, MANAGEMENT = "isp.dotmac.localhost", "management.dotmac.localhost"

# The hosts have no curl.
ASK = """
import json, sys, urllib.error, urllib.request
try:
    answer = urllib.request.urlopen(sys.argv[1], timeout=15)
    said = {"status": answer.status, "text": answer.read().decode()}
except urllib.error.HTTPError as error:
    said = {"status": error.code, "text": error.read().decode()}
except OSError as error:
    said = {"status": 0, "text": str(error)}
print(json.dumps(said))
"""


@dataclass(frozen=True)
class Answer:
    """What the edge said."""

    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Watch:
    """What a client saw that asked all the time."""

    answers: int = 0
    failures: list[str] = field(default_factory=list)
    versions: set[str] = field(default_factory=set)


class Platform:
    """One deployed demo platform.

    :param app: further hosts that run services, beside the one that does everything.
    :param beside: hosts that Ansible knows and that are none of the platform's.
    :param variables: variables of the inventory, instead of the demo's.
    """

    def __init__(
        self,
        machine: Machine,
        runner: PlaybookRunner,
        folder: Path,
        app: Mapping[str, Machine] | None = None,
        variables: Mapping[str, Any] | None = None,
        beside: Mapping[str, Machine] | None = None,
    ) -> None:
        make_base_images()
        self.machine, self._runner = machine, runner
        # The secrets from outside, made by the demo's inventory.
        self.secrets = folder / "secrets"
        hosts = {"demo": machine, **(app or {})}
        entries = {name: self._entry(one) for name, one in hosts.items()}
        groups = {"app": {"hosts": dict.fromkeys(hosts)}}
        # A second source after the demo's: the same host and groups, only elsewhere.
        self.elsewhere = folder / "elsewhere.yml"
        entries |= {name: one.variables() for name, one in (beside or {}).items()}
        tree = {"hosts": entries, "vars": dict(variables or {}), "children": groups}
        self.elsewhere.write_text(yaml.safe_dump({"all": tree}))

    def _entry(self, machine: Machine) -> dict[str, Any]:
        entry = {
            **machine.variables(),
            "platform_private_address": machine.private_ipv4,
            "demo_secrets_folder": str(self.secrets),
            # For the load of the drills: all its clients have this one address.
            "proxy_rate_limit_exempt": [machine.our_address()],
        }
        entry.pop("ansible_become")
        return entry

    def run(self, playbook: str, *, options: tuple[str, ...] = (), **keywords: Any) -> PlayResult:
        """Run a playbook of the collection; ``variables`` are extra variables."""
        return self._runner(
            f"playbooks/{playbook}.yml", inventory=INVENTORY, options=("-i", str(self.elsewhere), *options), **keywords
        )

    def site(self, **keywords: Any) -> PlayResult:
        return self.run("site", **keywords)

    def deploy(self, **keywords: Any) -> PlayResult:
        return self.run("deploy", **keywords)

    def rollback(self, **keywords: Any) -> PlayResult:
        return self.run("rollback", **keywords)

    def stop_backup_timers(self) -> None:
        """No set comes by itself in the middle of a test; the next deploy starts the timers again."""
        self.machine.run("systemctl stop 'steward-backup-*.timer'")

    def arguments(self, playbook: str) -> list[str]:
        """The arguments after ``ansible-playbook`` for whoever starts it in another way."""
        return [f"playbooks/{playbook}.yml", "-i", INVENTORY, "-i", str(self.elsewhere)]

    def ask(self, name: str, path: str, *, method: str = "GET", body: Any = None, timeout: float = 30) -> Answer:
        """Ask the edge over TLS that is verified against the platform's own authority."""
        trust = self._trust()
        raw = socket.create_connection((self.machine.public_ipv4, 443), timeout=timeout)
        connection = http.client.HTTPConnection(name, timeout=timeout)
        try:
            connection.sock = trust.wrap_socket(raw, server_hostname=name)
            payload = None if body is None else json.dumps(body)
            connection.request(method, path, payload, {"Content-Type": "application/json"} if payload else {})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read().decode())
        finally:
            connection.close()

    def is_ready(self, name: str) -> bool:
        """Whether the edge says that a service is ready; no answer is a no."""
        try:
            return self.ask(name, "/health/ready").status == 200
        except OSError:
            return False

    def certificate(self, name: str) -> bytes:
        """The certificate that the edge shows for a name, verified."""
        raw = socket.create_connection((self.machine.public_ipv4, 443), timeout=5)
        with self._trust().wrap_socket(raw, server_hostname=name) as secured:
            return secured.getpeercert(binary_form=True) or b""

    def authority(self) -> str:
        """The certificate of the platform's own authority."""
        return self.machine.run("cat /etc/ssl/steward/ca/ca.pem").stdout

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.authority())

    def local(self, url: str) -> Answer:
        """Ask from the host itself, as its own services do; status 0 is no answer at all."""
        done = self.machine.run(["python3", "-c", ASK, url], sudo=False)
        said = json.loads(done.stdout)
        return Answer(said["status"], {}, said["text"])

    def replica(self, service: str) -> str:
        """The address of a service's first replica, past director and edge."""
        return f"http://{self.machine.private_ipv4}:{self.current()['services'][service]['ports'][0]}"

    def current(self) -> dict[str, Any]:
        """The record of the release that serves."""
        record: dict[str, Any] = json.loads(self.machine.run("cat /opt/dotmac/current/release.json").stdout)
        return record

    @contextmanager
    def watched(self, name: str = ISP, path: str = "/version", every: float = 0.2) -> Iterator[Watch]:
        """A client that asks in a loop while the block runs; every answer that is not 200 is a failure."""
        watch, done = Watch(), threading.Event()
        trust = self._trust()

        def ask() -> None:
            while not done.is_set():
                connection = http.client.HTTPConnection(name)
                try:
                    # A slow answer is not a lost one.
                    raw = socket.create_connection((self.machine.public_ipv4, 443), timeout=30)
                    connection.sock = trust.wrap_socket(raw, server_hostname=name)
                    connection.request("GET", path)
                    answer = connection.getresponse()
                    text = answer.read().decode()
                    watch.answers += 1
                    if answer.status != 200:
                        watch.failures.append(f"{answer.status} {text[:200]}")
                    else:
                        watch.versions.add(text)
                except OSError as error:
                    watch.failures.append(str(error))
                finally:
                    connection.close()
                time.sleep(every)

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        try:
            yield watch
        finally:
            done.set()
            thread.join(timeout=45)
