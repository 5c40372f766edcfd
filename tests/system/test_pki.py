# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authority on one host and certificates on two: who holds which key, what is issued when, and who trusts it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.machines import Machine
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner, PlayResult

CERTIFICATES, AUTHORITY = "/etc/ssl/steward", "/etc/steward/pki"
VERIFY = "openssl verify -x509_strict -CAfile /etc/ssl/steward/ca/ca.pem"
TASKS = {
    "group": "Make the group that may read host keys",
    "authority": "Keep the authority",
    "keys": "Keep the keys and see which certificates are due",
    "sign": "Sign the certificates that are due",
    "install": "Install the certificates",
}
PLAY = [{"hosts": "all", "gather_facts": False, "roles": ["steward.platform.pki"]}]
Run = Callable[..., PlayResult]

# A certificate by the authority of this host for the key that is there, in the last third of its lifetime.
AGE = f"""
import datetime
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
folder, authority = "{CERTIFICATES}", "{AUTHORITY}"
old = x509.load_pem_x509_certificate(open(folder + "/host.pem", "rb").read())
key = serialization.load_pem_private_key(open(authority + "/ca.key", "rb").read(), None)
now, day = datetime.datetime.now(datetime.timezone.utc), datetime.timedelta(days=1)
new = x509.CertificateBuilder().issuer_name(old.issuer).subject_name(old.subject).public_key(old.public_key())
new = new.serial_number(1).not_valid_before(now - 70 * day).not_valid_after(now + 30 * day)
for extension in old.extensions:
    new = new.add_extension(extension.value, extension.critical)
pem = new.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
open(folder + "/host.pem", "wb").write(pem)
"""

# A server with the host's pair and clients with the default context, which is strict from Python 3.13 on.
HANDSHAKES = f"""
import socket, ssl, sys, threading
folder, (address, *names) = "{CERTIFICATES}", sys.argv[1:]
server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.load_cert_chain(folder + "/host.pem", folder + "/host.key")
listener = socket.create_server((address, 0))
def serve():
    while True:
        connection, _ = listener.accept()
        try:
            server.wrap_socket(connection, server_side=True).close()
        except OSError:
            connection.close()
threading.Thread(target=serve, daemon=True).start()
client = ssl.create_default_context(cafile=folder + "/ca/ca.pem")
assert sys.version_info < (3, 13) or client.verify_flags & ssl.VERIFY_X509_STRICT
for name in names:
    try:
        with socket.create_connection(listener.getsockname()) as plain:
            client.wrap_socket(plain, server_hostname=name).close()
        print(name, "trusted")
    except ssl.SSLCertVerificationError as error:
        print(name, error.verify_message)
"""


@pytest.fixture(scope="module")
def first(host: Callable[..., Machine]) -> Machine:
    """Holds the authority."""
    return fresh(host("agent"))


@pytest.fixture(scope="module")
def edge(host: Callable[..., Machine]) -> Machine:
    """Holds the public names."""
    return fresh(host("agent-edge"))


def fresh(machine: Machine) -> Machine:
    """As before the role's first run, but for the packages, which host_agent installs."""
    install = "DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends python3-cryptography openssl"
    machine.run(f"{install} >/dev/null || (apt-get update -q && {install}) >/dev/null")
    machine.run(f"rm -rf {CERTIFICATES} {AUTHORITY}; groupdel steward-tls", check=False)
    return machine


@pytest.fixture(scope="module")
def run(first: Machine, edge: Machine, inventory: Callable[..., Path], ansible_playbook: PlaybookRunner) -> Run:
    platform = {
        "name": "dotmac",
        "domains": ["dotmac.test"],
        "groups": {"secrets": [first.name]},
        "hosts": {
            first.name: {"private_address": first.private_ipv4, "groups": ["database", "secrets"]},
            edge.name: {"private_address": edge.private_ipv4, "groups": ["proxy"]},
        },
        "services": [{"name": "isp-framework", "routes": [{"host": "isp.dotmac.test", "path": "/"}]}],
    }
    hosts = inventory({"all": [first, edge]}, {"platform": platform})

    def play(**options: Any) -> PlayResult:
        return ansible_playbook(PLAY, inventory=hosts, **options)

    return play


@pytest.fixture(scope="module")
def predicted(run: Run) -> PlayResult:
    return run(check=True, diff=True)


@pytest.fixture(scope="module")
def deployed(predicted: PlayResult, run: Run) -> PlayResult:
    """Both hosts after the first run, with everything the run can be made to say."""
    return run(diff=True, options=["-vvv"])


def changed(result: PlayResult) -> set[tuple[str, str]]:
    return {(task.host, task.name) for task in result.changed}


def text_of(machine: Machine, path: str) -> str:
    return machine.run(["cat", path]).stdout


def access(machine: Machine, path: str) -> str:
    return machine.run(["stat", "--format=%U:%G %a", path]).stdout.strip()


def public_key(machine: Machine, name: str) -> tuple[str, str]:
    """The public key of a pair's certificate and of its key, as OpenSSL sees them."""
    certificate = machine.run(f"openssl x509 -in {CERTIFICATES}/{name}.pem -noout -pubkey").stdout
    return certificate, machine.run(f"openssl pkey -in {CERTIFICATES}/{name}.key -pubout").stdout


def test_check_on_fresh_hosts_predicts_the_run_and_writes_nothing(
    predicted: PlayResult, first: Machine, edge: Machine, run: Run
) -> None:
    assert predicted.result(TASKS["authority"])["certificate"] == ""
    for machine in (first, edge):
        assert machine.run(f"ls -d {CERTIFICATES} {AUTHORITY}; getent group steward-tls", check=False).stdout == ""


def test_first_run_changes_what_was_predicted(predicted: PlayResult, deployed: PlayResult) -> None:
    assert changed(deployed) == changed(predicted)
    assert {name for _host, name in changed(deployed)} == set(TASKS.values())


def test_second_run_changes_nothing_with_few_tasks(deployed: PlayResult, run: Run, first: Machine) -> None:
    for again in (run(), run(check=True)):
        assert again.changed == ()
        ours = [task for task in again.executed if task.host == first.name and task.action.startswith("steward.")]
        assert len(ours) <= 3


def test_keys_lie_where_they_belong_and_only_there(deployed: PlayResult, first: Machine, edge: Machine) -> None:
    assert access(first, f"{AUTHORITY}/ca.key") == "root:root 400"
    assert access(first, f"{AUTHORITY}") == "root:root 700"
    assert edge.run(f"ls {AUTHORITY}", check=False).returncode != 0
    for machine in (first, edge):
        assert access(machine, f"{CERTIFICATES}/host.key") == "root:steward-tls 640"
        assert access(machine, f"{CERTIFICATES}/host.pem") == "root:root 644"
        assert access(machine, f"{CERTIFICATES}/ca/ca.pem") == "root:root 644"
    assert access(edge, f"{CERTIFICATES}/edge.key") == "root:root 600"
    assert first.run(f"ls {CERTIFICATES}").stdout.split() == ["ca", "host.key", "host.pem"]
    assert first.run(f"ls {CERTIFICATES}/ca").stdout.split() == ["ca.pem"]


def test_no_private_key_is_said_anywhere(deployed: PlayResult, first: Machine, edge: Machine) -> None:
    keys = [text_of(first, f"{AUTHORITY}/ca.key"), text_of(first, f"{CERTIFICATES}/host.key")]
    keys += [text_of(edge, f"{CERTIFICATES}/{name}.key") for name in ("host", "edge")]
    for key in keys:
        body = key.splitlines()[1:-1]
        assert body
        assert not [line for line in body if line in deployed.output]
    assert "PRIVATE KEY" not in deployed.output
    assert "BEGIN CERTIFICATE REQUEST" in deployed.output, "the run says nothing at all, so it proves nothing"


def test_every_certificate_is_for_its_key_and_signed_by_the_one_authority(
    deployed: PlayResult, first: Machine, edge: Machine
) -> None:
    for machine, name in ((first, "host"), (edge, "host"), (edge, "edge")):
        certificate, key = public_key(machine, name)
        assert certificate == key
        machine.run(f"{VERIFY} {CERTIFICATES}/{name}.pem")
    assert text_of(first, f"{CERTIFICATES}/ca/ca.pem") == text_of(edge, f"{CERTIFICATES}/ca/ca.pem")
    names = edge.run(f"openssl x509 -in {CERTIFICATES}/edge.pem -noout -ext subjectAltName").stdout
    assert re.findall(r"DNS:(\S+?)(?:,|$)", names, re.MULTILINE) == ["dotmac.test", "isp.dotmac.test"]


def test_strict_clients_trust_the_names_of_the_host_and_no_other(deployed: PlayResult, first: Machine) -> None:
    good = [first.name, first.private_ipv4, "127.0.0.1", "localhost", "bao.internal", "postgresql.internal"]
    argv = ["python3", "-c", HANDSHAKES, first.private_ipv4, *good, "redis.internal", "10.255.255.1"]
    said = first.run(argv).stdout.splitlines()
    assert said[: len(good)] == [f"{name} trusted" for name in good]
    assert [line.split()[0] for line in said[len(good) :] if "match" in line] == ["redis.internal", "10.255.255.1"]


def test_other_names_issue_that_certificate_for_the_same_key(deployed: PlayResult, run: Run, first: Machine) -> None:
    before = public_key(first, "host")
    names = {"pki_service_names": {"secrets": ["bao.internal", "vault.internal"]}}
    result = run(variables=names)
    assert changed(result) == {(first.name, TASKS["sign"]), (first.name, TASKS["install"])}
    assert public_key(first, "host") == before
    assert "vault.internal" in first.run(f"openssl x509 -in {CERTIFICATES}/host.pem -noout -text").stdout
    assert changed(run()) == changed(result), "the name was not taken back"


def test_certificate_in_its_last_third_is_renewed_for_the_same_key(
    deployed: PlayResult, run: Run, first: Machine
) -> None:
    before = public_key(first, "host")
    first.run(["python3", "-c", AGE])
    result = run(diff=True)
    assert changed(result) == {(first.name, TASKS["sign"]), (first.name, TASKS["install"])}
    assert re.search(r"-it ends on \d{4}-\d\d-\d\d", result.output)
    assert public_key(first, "host") == before


@pytest.mark.parametrize(
    ("damage", "tasks"),
    [
        pytest.param(f"rm {CERTIFICATES}/edge.pem", {"sign", "install"}, id="certificate lost"),
        pytest.param(f"rm {CERTIFICATES}/edge.key", {"keys", "sign", "install"}, id="key lost"),
        pytest.param(f"chmod 0644 {CERTIFICATES}/edge.key", {"keys"}, id="key readable for all"),
        pytest.param(f"chown nobody {CERTIFICATES}/edge.pem", {"install"}, id="certificate owned by another"),
        pytest.param(
            f"cd {CERTIFICATES} && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
            " -subj '/CN=dotmac internal CA' -addext subjectAltName=DNS:dotmac.test,DNS:isp.dotmac.test"
            " -addext extendedKeyUsage=serverAuth -keyout edge.key -out edge.pem && chmod 600 edge.key",
            {"sign", "install"},
            id="signed by somebody who calls himself the authority",
        ),
    ],
)
def test_damage_is_mended_and_nothing_else_touched(
    deployed: PlayResult, run: Run, edge: Machine, damage: str, tasks: set[str]
) -> None:
    untouched = text_of(edge, f"{CERTIFICATES}/host.pem")
    edge.run(damage)
    assert changed(run()) == {(edge.name, TASKS[task]) for task in tasks}
    assert text_of(edge, f"{CERTIFICATES}/host.pem") == untouched
    certificate, key = public_key(edge, "edge")
    assert certificate == key
    assert access(edge, f"{CERTIFICATES}/edge.key") == "root:root 600"
    edge.run(f"{VERIFY} {CERTIFICATES}/edge.pem")


def test_lost_authority_key_is_told_and_nothing_is_replaced(deployed: PlayResult, run: Run, first: Machine) -> None:
    first.run(f"mv {AUTHORITY}/ca.key {AUTHORITY}/ca.key.away")
    result = run(expect=2)
    (failed,) = {task.result["msg"] for task in result.failed}
    assert failed.startswith(f"{AUTHORITY}/ca.pem is there, its key {AUTHORITY}/ca.key is not. Bring the key back")
    assert result.changed == ()
    first.run(f"mv {AUTHORITY}/ca.key.away {AUTHORITY}/ca.key")


def test_another_authority_issues_everything_anew(
    deployed: PlayResult, run: Run, first: Machine, edge: Machine
) -> None:
    first.run(f"cp {CERTIFICATES}/ca/ca.pem /root/past.pem && rm {AUTHORITY}/ca.key {AUTHORITY}/ca.pem")
    result = run()
    assert {name for host, name in changed(result) if host == edge.name} == {TASKS["sign"], TASKS["install"]}
    for machine, name in ((first, "host"), (edge, "host"), (edge, "edge")):
        machine.run(f"{VERIFY} {CERTIFICATES}/{name}.pem")
    past = first.run(f"openssl verify -CAfile /root/past.pem {CERTIFICATES}/host.pem", check=False)
    assert past.returncode != 0
    assert run().changed == ()
