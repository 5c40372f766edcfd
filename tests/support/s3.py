# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real S3 server on a throw-away host: SeaweedFS with TLS, an instance for each region, identities with least keys.

Everything without authentication (master, volume, filer, the gRPC ports) listens on loopback only; what others reach
is a front that carries bytes. So a region can be away or slow while its endpoint stays the same.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .machines import Machine, poll
from .paths import ROOT, tool

FOLDER = "/srv/s3"
CA_FILE = f"{FOLDER}/ca.pem"
PROGRAM = "/usr/local/bin/weed"
# Each instance has its own ports; that of S3 has its gRPC beside it, 10000 above.
PORTS = {"master": 9333, "volume": 8080, "filer": 8888, "s3": 8443}
BETWEEN = 100
# What these may do is said by bucket policies alone, and their names in policies are principal().
LEAST = ("backup", "append", "read", "stranger")
ADMIN = "admin"
START_SECONDS = 90
# Creates the authority once, and the certificate of this host.
CERTIFICATES = f"""
set -e
umask 077
mkdir -p {FOLDER}
cd {FOLDER}
chmod 0755 .
test -e s3.crt && exit 0
new="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
openssl req -x509 $new -keyout ca.key -out ca.pem -days 30 -subj /CN=s3-test-ca \\
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
openssl req $new -keyout s3.key -out s3.csr -subj /CN=s3
printf 'subjectAltName=IP:127.0.0.1,IP:ADDRESS,DNS:NAME\\nauthorityKeyIdentifier=keyid\\n' >ext
openssl x509 -req -in s3.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile ext -out s3.crt
chmod 0644 ca.pem
"""
SERVER = """
[Unit]
Description=SeaweedFS, region {name}
[Service]
Environment=WEED_MASTER_VOLUME_GROWTH_COPY_1=1 GOMEMLIMIT=400MiB
ExecStart={program} -logtostderr=true server -dir={folder}/{name} -ip=127.0.0.1 -ip.bind=127.0.0.1 \\
  -master.telemetry=false -master.port={master} -master.volumeSizeLimitMB=1024 -volume.port={volume} -volume.max=500 \\
  -volume.preStopSeconds=1 -volume.minFreeSpace=1GiB -filer -filer.port={filer} -s3 -s3.ip.bind=127.0.0.1 \\
  -s3.port={s3} -s3.cert.file={folder}/s3.crt -s3.key.file={folder}/s3.key -s3.config={folder}/{name}.json \\
  -s3.port.iceberg=0 -s3.port.lance=0 -s3.autoCreateBucket=false -s3.allowDeleteBucketNotEmpty=false
Restart=on-failure
TimeoutStopSec=20
"""
FRONT_SOCKET = """
[Unit]
Description=Front of the S3 region {name}
[Socket]
ListenStream={address}:{s3}
"""
FRONT = """
[Unit]
Description=Front of the S3 region {name}
[Service]
ExecStart=/usr/lib/systemd/systemd-socket-proxyd 127.0.0.1:{s3}
"""
ASK_HEALTH = (
    "import ssl,sys,urllib.request as r; r.urlopen(sys.argv[1] + '/healthz', timeout=5,"
    " context=ssl.create_default_context(cafile=sys.argv[2]))"
)


def principal(identity: str) -> str:
    """An identity as bucket policies name it; without the account's number SeaweedFS silently matches nobody."""
    return f"arn:aws:iam::000000000000:user/{identity}"


@dataclass(frozen=True)
class S3Region:
    """One running instance; ``keys`` has access key and secret key of each identity."""

    machine: Machine
    name: str
    ports: Mapping[str, int]
    ca_pem: str
    keys: Mapping[str, tuple[str, str]] = field(repr=False)

    @property
    def endpoint(self) -> str:
        return f"https://{self.machine.private_ipv4}:{self.ports['s3']}"

    @property
    def direct(self) -> str:
        """The server past its front, which answers on its host also while the region is away."""
        return f"https://127.0.0.1:{self.ports['s3']}"

    @property
    def unit(self) -> str:
        return f"s3-{self.name}.service"

    @property
    def _front(self) -> str:
        return f"s3-front-{self.name}"

    def profile(self, identity: str = ADMIN, *, secret: str = "") -> str:
        """The section of an AWS shared credentials file for one identity, named after region and identity.

        :param secret: another secret key than the right one.
        """
        access, right = self.keys[identity]
        lines = (f"aws_access_key_id = {access}", f"aws_secret_access_key = {secret or right}")
        return "\n".join([f"[{self.name}-{identity}]", *lines, ""])

    def start(self) -> None:
        """Serve, and wait until S3 answers."""
        self.machine.run(f"systemctl start {self.unit} {self._front}.socket")
        poll(self.answers, seconds=START_SECONDS, every=0.5, what=f"the S3 region {self.name}")

    def stop(self) -> None:
        """The whole region is away: connections are refused."""
        self.machine.run(f"systemctl stop {self._front}.socket {self._front}.service {self.unit}")

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """The region cannot be reached; its server goes on, so that it is back at once."""
        self.machine.run(f"systemctl stop {self._front}.socket {self._front}.service")
        try:
            yield
        finally:
            self.machine.run(f"systemctl start {self._front}.socket")

    @contextlib.contextmanager
    def slow(self, seconds: float) -> Iterator[str]:
        """The same endpoint, where every byte takes so long each way; stopping the unit it gives cuts everything."""
        unit, address, port = f"{self._front}-slow", self.machine.private_ipv4, self.ports["s3"]
        program = f"{FOLDER}/delay.py"
        self.machine.run(f"cat >{program}", input=(ROOT / "tests/support/load/delay.py").read_text())
        with self.away():
            words = f"python3 {program} 127.0.0.1 {port} {seconds} {address} {port}"
            self.machine.run(f"systemd-run --quiet --collect --unit={unit} {words}")
            try:
                poll(self.answers, seconds=30 + 10 * seconds, what=f"the slow S3 region {self.name}")
                yield unit
            finally:
                # It is gone when it was stopped before.
                self.machine.run(f"systemctl stop {unit}", check=False)

    def answers(self) -> bool:
        """Whether S3 says that it is healthy."""
        asked = ["python3", "-c", ASK_HEALTH, self.endpoint, CA_FILE]
        return self.machine.run(asked, check=False).returncode == 0

    def expire(self) -> str:
        """Let lifecycle rules work now; SeaweedFS does so only when told."""
        grpc = self.ports["s3"] + 10000
        told = f"lock\ns3.lifecycle.run-shard -shards 0-15 -s3 127.0.0.1:{grpc} -runtime 60s\nunlock\n"
        line = f"(cat; sleep 1) | {PROGRAM} shell -master=127.0.0.1:{self.ports['master']}"
        return self.machine.run(line, input=told, timeout=180).stdout


def make_region(machine: Machine, name: str, number: int = 0) -> S3Region:
    """A region on a host, running; one that is there already is taken as it is.

    :param number: of the instance on its host, which decides its ports.
    """
    ports = {service: port + number * BETWEEN for service, port in PORTS.items()}
    _install(machine)
    configuration = f"{FOLDER}/{name}.json"
    if machine.run(f"test -e {configuration}", check=False).returncode != 0:
        values = {"name": name, "folder": FOLDER, "program": PROGRAM, "address": machine.private_ipv4, **ports}
        machine.run(f"umask 077; mkdir -p {FOLDER}/{name}; cat >{configuration}", input=json.dumps(_identities()))
        for unit, text in (
            (f"s3-{name}.service", SERVER),
            (f"s3-front-{name}.socket", FRONT_SOCKET),
            (f"s3-front-{name}.service", FRONT),
        ):
            machine.run(f"cat >/etc/systemd/system/{unit}", input=text.format(**values))
        machine.run("systemctl daemon-reload")
    known = json.loads(machine.run(f"cat {configuration}").stdout)["identities"]
    keys = {row["name"]: _keys_of(row) for row in known}
    region = S3Region(machine, name, ports, machine.run(f"cat {CA_FILE}").stdout, keys)
    region.start()
    return region


def _install(machine: Machine) -> None:
    machine.run(
        "dpkg -s openssl >/dev/null 2>&1 || { apt-get update -q &&"
        " DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends openssl; }"
    )
    if machine.run(f"test -x {PROGRAM}", check=False).returncode != 0:
        # The program of the test environment: a host downloads nothing.
        subprocess.run(
            ["docker", "cp", tool("weed"), f"{machine.container}:{PROGRAM}"], check=True, capture_output=True
        )
    machine.run("sh -s", input=CERTIFICATES.replace("ADDRESS", machine.private_ipv4).replace("NAME", machine.name))


def _identities() -> dict[str, Any]:
    def identity(name: str, actions: list[str]) -> dict[str, Any]:
        keys = {"accessKey": secrets.token_hex(10).upper(), "secretKey": secrets.token_hex(20)}
        return {"name": name, "credentials": [keys], "actions": actions}

    # An identity needs some action; this one gives nothing.
    return {"identities": [identity(ADMIN, ["Admin"]), *(identity(name, ["Read:no-such-bucket"]) for name in LEAST)]}


def _keys_of(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["credentials"][0]["accessKey"], row["credentials"][0]["secretKey"]
