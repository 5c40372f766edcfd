# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots of OpenBao on a real host: taken with a login that can do nothing else, checked, and restored to nothing.

The tests of this file run in order on one host; the last one loses the server's data and brings it back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.machines import Machine
from ansible_collections.steward.platform.tests.support.openbao import (
    AUTHORITY,
    CERTIFICATE,
    cli,
    operator_seal,
    platform,
)
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner, PlayResult

ADDRESS = "https://127.0.0.1:8200"
LOGIN = "/etc/steward/backup/openbao-login.json"
FOLDER = "/var/lib/steward/snapshots"
SNAPSHOT = f"{FOLDER}/openbao.snapshot"
STRIPE = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"
Play = Callable[..., PlayResult]


@pytest.fixture(scope="module")
def bao(host: Callable[..., Machine]) -> Machine:
    machine = host("snapshot")
    if machine.run("test -e /etc/ssl/steward/host.pem", check=False).returncode != 0:
        machine.run(AUTHORITY + CERTIFICATE.replace("ADDRESS", machine.private_ipv4))
    machine.run(f"install -d -m 0700 {FOLDER}")
    return machine


@pytest.fixture(scope="module")
def play(bao: Machine, inventory: Callable[..., Path], ansible_playbook: PlaybookRunner) -> Play:
    """Runs a play on the host of OpenBao with the model."""
    file = inventory({"secrets": [bao]})
    model = platform(bao.private_ipv4)
    model["hosts"] = {bao.name: model["hosts"]["bao"]}
    model["groups"] = {"app": [], "secrets": [bao.name]}

    def run(*, variables: Mapping[str, Any] | None = None, **options: Any) -> PlayResult:
        given = {name: options.pop(name) for name in ("tasks", "roles") if name in options}
        extra = {"platform": model, "stripe_secret_key": STRIPE, **(variables or {})}
        return ansible_playbook(
            [{"hosts": "secrets", "gather_facts": False, **given}], inventory=file, variables=extra, **options
        )

    return run


@pytest.fixture(scope="module", autouse=True)
def deployed(play: Play) -> PlayResult:
    return play(roles=["steward.platform.openbao"])


def differences(play: PlayResult) -> str:
    """What a play printed of its one task."""
    return play.output.partition("TASK [Do]")[2].partition("changed: ")[0]


def do(play: Play, module: str, options: Mapping[str, Any], **given: Any) -> PlayResult:
    return play(tasks=[{"name": "Do", f"steward.platform.{module}": dict(options)}], **given)


def as_backup(bao: Machine, command: str, **options: Any) -> Any:
    """A line of the program itself with the login of backups."""
    pair = f"""python3 -c 'import json; print(json.dumps(json.load(open("{LOGIN}"))))'"""
    token = f"BAO_TOKEN=$({pair} | bao write -field=token auth/approle/login -) && export BAO_TOKEN"
    return cli(bao, f"{token} && {command}", **options)


def test_backups_have_a_login_that_reads_snapshots_only(bao: Machine, play: Play) -> None:
    assert bao.run(f"stat -c '%a %U' {LOGIN}").stdout == "400 root\n"
    assert bao.run("stat -c '%a %U' /etc/steward/backup").stdout == "700 root\n"
    assert as_backup(bao, "bao operator raft snapshot save /root/other.snapshot && rm /root/other.snapshot")
    for command in ("bao read dotmac/data/external/stripe", "bao policy list", "bao operator raft list-peers"):
        assert "permission denied" in as_backup(bao, command, check=False).stderr
    assert play(roles=["steward.platform.openbao"]).changed == ()


def test_a_refused_login_is_replaced(bao: Machine, play: Play) -> None:
    old = bao.run(f"cat {LOGIN}").stdout
    bao.run(f"""chmod u+w {LOGIN}; printf '{{"role_id": "a", "secret_id": "b"}}' > {LOGIN}""")
    predicted = do(play, "openbao_backup_login", {}, check=True, diff=True)
    done = do(play, "openbao_backup_login", {}, diff=True)
    assert differences(predicted) == differences(done) != ""
    assert bao.run(f"cat {LOGIN}").stdout not in (old, "")
    assert not do(play, "openbao_backup_login", {}).changed
    # Whoever has the old one has nothing.
    refused = cli(bao, "bao write auth/approle/login -", input=old, check=False)
    assert "invalid role or secret ID" in refused.stderr


def test_a_snapshot_is_whole_and_shows_nothing(bao: Machine, play: Play) -> None:
    predicted = do(play, "openbao_snapshot", {"path": SNAPSHOT}, check=True, diff=True)
    assert bao.run(f"ls -A {FOLDER}").stdout == ""
    done = do(play, "openbao_snapshot", {"path": SNAPSHOT}, diff=True)
    assert differences(predicted) == differences(done) != ""
    assert bao.run(f"cd {FOLDER} && stat -c '%a %U %n' .[!.]* * 2>/dev/null", check=False).stdout == (
        "600 root openbao.snapshot\n"
    )
    result = done.result("Do")["result"]
    assert (result["version"], result["size"]) == ("2.7.2", int(bao.run(f"stat -c %s {SNAPSHOT}").stdout))
    # The program's own look at it, and the checksums by sha256sum.
    said = bao.run(
        f"mkdir /root/look && cd /root/look && tar xzf {SNAPSHOT} && sha256sum -c SHA256SUMS && cat meta.json"
    )
    assert "state.bin: OK" in said.stdout
    assert result["details"]["index"] == json.loads(said.stdout[said.stdout.index("{") :])["Index"]
    assert bao.run(f"grep -c {STRIPE} /root/look/state.bin", check=False).stdout == "0\n"
    bao.run("rm -r /root/look")


@pytest.mark.parametrize("damage", ["truncate -s -2000", "dd if=/dev/zero bs=1 seek=5000 count=64 conv=notrunc of="])
def test_a_damaged_snapshot_is_refused(bao: Machine, play: Play, damage: str) -> None:
    bao.run(f"cp {SNAPSHOT} /root/bad && {damage}{'' if damage.endswith('=') else ' '}/root/bad")
    given = {"path": "/root/bad", "confirm": ADDRESS}
    refused = do(play, "openbao_restore", given, expect=2).result("Do")["msg"]
    assert refused.startswith("/root/bad is no whole OpenBao snapshot: ")


def test_a_directory_that_others_read_is_refused(play: Play) -> None:
    refused = do(play, "openbao_snapshot", {"path": "/tmp/openbao.snapshot"}, expect=2).result("Do")["msg"]
    assert refused == "the directory /tmp has mode 1777 and uid 0, allowed is: 0700 of root"


def test_a_server_that_holds_something_is_not_replaced(play: Play) -> None:
    given = {"path": SNAPSHOT, "confirm": ADDRESS}
    refused = do(play, "openbao_restore", given, expect=2).result("Do")["msg"]
    assert refused.startswith(f"OpenBao {ADDRESS} is initialised already; ")
    other = do(play, "openbao_restore", {**given, "confirm": "yes"}, expect=2).result("Do")["msg"]
    assert other == f"confirm is 'yes', allowed is the address of the server to restore to: {ADDRESS}"


def test_a_server_that_cannot_answer_is_said_within_seconds(bao: Machine, play: Play) -> None:
    before = bao.run(f"sha256sum {SNAPSHOT}").stdout
    operator_seal(bao)
    said = do(play, "openbao_snapshot", {"path": SNAPSHOT}, expect=2).result("Do")["msg"]
    assert said.startswith(f"OpenBao {ADDRESS} is sealed. ")
    bao.run("systemctl stop openbao")
    said = do(play, "openbao_snapshot", {"path": SNAPSHOT}, expect=2).result("Do")["msg"]
    assert "got no answer: [Errno 111] Connection refused" in said
    # A host that drops what it gets.
    silent = {"path": SNAPSHOT, "address": "https://192.0.2.1:8200"}
    bao.run("ip route replace 192.0.2.1/32 dev lo")
    refused = do(play, "openbao_snapshot", silent, expect=2)
    assert "https://192.0.2.1:8200/v1/sys/health got no answer: timed out" in refused.result("Do")["msg"]
    # Most of it is Ansible's; a connection that nobody gives up lasts two minutes.
    assert refused.seconds < 100
    bao.run("ip route del 192.0.2.1/32; systemctl start openbao")
    assert bao.run(f"sha256sum {SNAPSHOT}").stdout == before


def test_everything_lost_is_brought_back(bao: Machine, play: Play) -> None:
    play(roles=["steward.platform.openbao"])
    do(play, "openbao_snapshot", {"path": SNAPSHOT})
    admin = "/etc/steward/openbao-admin.json"
    bao.run("systemctl stop openbao; rm -rf /var/lib/openbao/raft")
    restore = {
        "name": "Restore",
        "ansible.builtin.include_role": {"name": "steward.platform.openbao", "tasks_from": "restore"},
    }
    variables = {"openbao_restore_snapshot": SNAPSHOT, "openbao_restore_confirm": ADDRESS}
    done = play(tasks=[restore], variables=variables)
    result = done.result("Restore | Restore the snapshot")
    assert result["login"] == "works"
    # Another program, with the login from before, reads the secret from before.
    login = f"BAO_TOKEN=$(cat {admin} | bao write -field=token auth/approle/login -) && export BAO_TOKEN"
    read = cli(bao, f"{login} && bao read -format=json dotmac/data/external/stripe").stdout
    assert json.loads(read)["data"]["data"]["value"] == STRIPE
    assert as_backup(bao, "bao operator raft snapshot save /root/x && rm /root/x")
    # It is what the role left, so the role has nothing to do.
    assert play(roles=["steward.platform.openbao"]).changed == ()
    refused = play(tasks=[restore], variables=variables, expect=2)
    assert "is initialised already" in refused.output
