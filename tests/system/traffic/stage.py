# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with nginx, HAProxy and small replicas, for the tests of the director and of the edge."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.steward.platform.tests.support import haproxy
from ansible_collections.steward.platform.tests.support.machines import Machine, poll
from ansible_collections.steward.platform.tests.support.paths import ROOT
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner, PlayResult

HERE = Path(__file__).parent
ISP, MANAGEMENT = "isp-framework", "management-platform"
BLUE, GREEN = (18000, 18001), (18008, 18009)
OTHER = (18016,)
NAMES = ("shop.test", "isp.shop.test", "mgmt.shop.test", "wide.shop.test")
UNIT = """[Service]
ExecStart=/usr/bin/python3 /opt/traffic/replica.py {address} %i
[Install]
WantedBy=multi-user.target
"""


class Stage:
    """The host and what the tests do with it."""

    def __init__(self, machine: Machine, inventory: Path, play: PlaybookRunner) -> None:
        self.machine = machine
        self.inventory = inventory
        self.defaults: dict[str, Any] = {}
        self._play = play

    def prepare(self) -> None:
        """Replicas for both slots, a certificate for the names, and the role."""
        run = self.machine.run
        run("mkdir -p /opt/traffic /etc/ssl/steward")
        for name in ("replica.py", "load.py", "run.py"):
            run(f"cat > /opt/traffic/{name}", input=(HERE / name).read_text())
        run("cat > /etc/systemd/system/replica@.service", input=UNIT.format(address=self.machine.private_ipv4))
        run("echo 'd /run/replica' > /etc/tmpfiles.d/replica.conf && systemd-tmpfiles --create replica.conf")
        names = ",".join(f"DNS:{name}" for name in NAMES)
        run(
            f"cd /etc/ssl/steward && openssl x509 -in edge.pem -noout -checkhost {NAMES[-1]} | grep -q 'does match' ||"
            " openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256"
            f" -nodes -days 30 -subj /CN=shop.test -addext subjectAltName={names} -keyout edge.key -out edge.pem"
        )
        units = " ".join(f"replica@{port}" for port in (*BLUE, *GREEN, *OTHER))
        run(f"rm -f /run/replica/*; systemctl daemon-reload; systemctl -q enable {units} && systemctl restart {units}")
        self.converge()
        self.send_collection()

    def send_collection(self) -> None:
        """The collection's own files, for running a domain without Ansible."""
        packed = subprocess.run(
            ["tar", "-cf", "-", "--transform=s,^,ansible_collections/steward/platform/,", "plugins/module_utils"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        argv = ["ssh", *self.machine.ssh_options, f"{self.machine.user}@{self.machine.public_ipv4}"]
        subprocess.run([*argv, "sudo tar -xf - -C /opt/traffic"], input=packed, check=True)

    def converge(self, variables: Mapping[str, Any] | None = None, **options: Any) -> PlayResult:
        """Run the role with ``defaults`` and the given variables."""
        play = {"hosts": "all", "gather_facts": True, "gather_subset": ["min"], "roles": ["steward.platform.proxy"]}
        return self.play([play], variables={**self.defaults, **(variables or {})}, **options)

    def play(self, plays: Sequence[Mapping[str, Any]], **options: Any) -> PlayResult:
        """Run any plays on the host."""
        return self._play(plays, inventory=self.inventory, **options)

    def direct(self, **wish: Any) -> dict[str, Any]:
        """Run the domain on the host as the module does; a failure is in the result."""
        result = self.killed_at(0, **wish)
        assert result is not None
        return result

    def killed_at(self, effect: int, *, starting: Sequence[int] = (), **wish: Any) -> dict[str, Any] | None:
        """The same, dying before that effect; None when it died. Replicas still ``starting`` become ready meanwhile."""
        if starting:
            self.unready(*starting)
        line = f"python3 /opt/traffic/run.py {effect} {' '.join(str(port) for port in starting)}"
        done = self.machine.run(line, input=json.dumps(self.wish(**wish)), check=False)
        assert done.stdout or "Killed" in done.stderr or done.returncode in (137, -9), done.stderr
        return json.loads(done.stdout) if done.stdout else None

    def module(self, **arguments: Any) -> PlayResult:
        """Run the module by Ansible; ``check``, ``diff`` and ``expect`` go to the run, the rest to the module."""
        options = {name: arguments.pop(name) for name in ("check", "diff", "expect") if name in arguments}
        task = {"name": "Direct", "steward.platform.director": self.wish(**arguments)}
        return self.play([{"hosts": "all", "gather_facts": False, "tasks": [task]}], **options)

    def module_info(self) -> dict[str, Any]:
        """Run ``director_info`` by Ansible."""
        task = {"name": "Look", "steward.platform.director_info": {}}
        play = {"hosts": "all", "gather_facts": False, "tasks": [task]}
        return dict(self.play([play]).result("Look"))

    def wish(
        self, active: Sequence[str] | None = None, management: Sequence[str] | None = None, **others: Any
    ) -> dict[str, Any]:
        """The module's options as the role gives them, with who is active for the two services."""
        address = self.machine.private_ipv4
        return {
            "services": [self.service(ISP, 8001, 18000, active), self.service(MANAGEMENT, 8000, 18016, management)],
            "bind_addresses": ["127.0.0.1", address],
            "health_port": 8404,
            **others,
        }

    def service(self, name: str, entry_port: int, first: int, active: Sequence[str] | None) -> dict[str, Any]:
        places = [(slot, number) for slot in ("blue", "green") for number in range(1, 9)]
        servers = [
            {"name": f"{slot}-{number}", "address": self.machine.private_ipv4, "port": first + index}
            for index, (slot, number) in enumerate(places)
        ]
        wish = {"name": name, "entry_port": entry_port, "ready_path": "/health/ready", "servers": servers}
        return wish if active is None else {**wish, "active": list(active)}

    def info(self) -> dict[str, dict[str, Any]]:
        """What ``director_info`` says, by service and server."""
        result = json.loads(self.machine.run("python3 /opt/traffic/run.py info").stdout)
        return {each["name"]: {row["name"]: row for row in each["servers"]} for each in result["services"]}

    def sessions(self) -> int:
        return sum(row["sessions"] for row in self.info()[ISP].values())

    def processes(self) -> set[str]:
        return set(self.machine.run("pgrep -x haproxy").stdout.split())

    def states(self, service: str = ISP) -> dict[str, str]:
        """The states that are not ``maint``, by HAProxy's own word."""
        return haproxy.states(self.machine, service)

    def haproxy(self, command: str) -> str:
        return haproxy.ask(self.machine, command)

    def file(self, name: str = ISP) -> str:
        return self.machine.run(f"cat /etc/haproxy/services/{name}.cfg").stdout

    def get(self, path: str = "/", port: int = 8001) -> tuple[int, Any]:
        """Status and document from an entry port, on the private address."""
        connection = http.client.HTTPConnection(self.machine.private_ipv4, port, timeout=30)
        with closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def answering(self, count: int = 8, port: int = 8001) -> set[int]:
        """The replicas behind an entry port, from so many requests that must all succeed."""
        answers = [self.get(port=port) for number in range(count)]
        assert {status for status, document in answers} == {200}, answers
        return {document["port"] for status, document in answers}

    def is_open(self, port: int) -> bool:
        with closing(socket.socket()) as asked:
            asked.settimeout(5)
            return asked.connect_ex((self.machine.private_ipv4, port)) == 0

    def unready(self, *ports: int) -> None:
        """These replicas, and no others, say that they are not ready."""
        made = "".join(f" /run/replica/{port}.unready" for port in ports)
        self.machine.run(f"rm -f /run/replica/*.unready{'; touch' + made if made else ''}")

    @contextmanager
    def load(self, url: str, name: str, *, clients: int = 8, rate: int = 100) -> Iterator[dict[str, Any]]:
        """Post while the block runs; afterwards what happened is in the dictionary it was given."""
        line = f"sudo python3 /opt/traffic/load.py {url} {name} {clients} {rate} 300"
        argv = ["ssh", *self.machine.ssh_options, f"{self.machine.user}@{self.machine.public_ipv4}", line]
        outcome: dict[str, Any] = {}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(argv, text=True, **pipes) as process:
            poll(lambda: self.requests() > 0, seconds=30, what="the first request")
            yield outcome
            output, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        outcome.update(json.loads(output))
        print(outcome)

    def requests(self) -> int:
        """Connections that are open to the entry port, by HAProxy's word."""
        rows = [line.split(",") for line in self.haproxy(f"show stat {ISP} 1 -1").splitlines()]
        return next(int(row[4]) for row in rows if row[:2] == [ISP, "FRONTEND"])

    def wait_ready(self, *names: str) -> None:
        """Until HAProxy's checks have these servers up."""
        poll(lambda: all(row["status"] == "UP" for name, row in self.info()[ISP].items() if name in names), seconds=20)


def make_stage(host: Callable[..., Machine], inventory: Callable[..., Path], ansible_playbook: PlaybookRunner) -> Stage:
    """The host ``edge`` with the role applied, blue serving."""
    machine = host("edge")
    platform = {
        "name": "shop",
        "domains": ["shop.test"],
        "hosts": {machine.name: {"private_address": machine.private_ipv4, "groups": ["app", "proxy"]}},
        "groups": {"app": [machine.name], "proxy": [machine.name]},
        "services": [
            _model(ISP, 8001, 18000, {"isp.shop.test": "/", "wide.shop.test": "/isp"}),
            _model(MANAGEMENT, 8000, 18016, {"mgmt.shop.test": "/"}),
            {"name": "worker", "kind": "worker", "metrics": None, "health": {"command": ["true"]}, "routes": []},
        ],
    }
    stage = Stage(machine, inventory({"proxy": [machine]}, {"platform": platform}), ansible_playbook)
    stage.prepare()
    return stage


def _model(name: str, entry_port: int, first: int, routes: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "kind": "web",
        "entry_port": entry_port,
        "slot_ports": {"blue": first, "green": first + 8},
        "health": {"live": "/health/live", "ready": "/health/ready"},
        "metrics": "/metrics",
        "routes": [{"host": host, "path": path} for host, path in routes.items()],
    }
