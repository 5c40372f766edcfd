# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenBao and its agent on a real host: deployed, converged, broken on purpose, searched for what leaked.

The tests of this file run in order on one host; each leaves it converged.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.machines import Machine, poll
from ansible_collections.steward.platform.tests.support.openbao import (
    AUTHORITY,
    CERTIFICATE,
    ODD,
    SECRETS,
    cli,
    make_root_token,
    operator_seal,
    platform,
    runbook,
)
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner, PlayResult

APPROLE = "/etc/steward/approle"
ESCROW = "/etc/steward/escrow/openbao.json"
STRIPE, STRIPE_NEXT = "sk_live_4eC39HqLyjWDarjtT1zdp7dc", "sk_live_9fV27kRmNxQbZytW8upaL3ef"
PLAYS: list[dict[str, Any]] = [
    {"hosts": "secrets", "gather_facts": False, "roles": ["steward.platform.openbao"]},
    {
        "hosts": "app",
        "gather_facts": False,
        "tasks": [
            {
                "name": "Render the secrets",
                "ansible.builtin.include_role": {"name": "steward.platform.openbao", "tasks_from": "agent"},
            }
        ],
    },
]
Deploy = Callable[..., PlayResult]


@pytest.fixture(scope="module")
def bao(host: Callable[..., Machine]) -> Machine:
    machine = host("bao")
    if machine.run("test -e /etc/ssl/steward/host.pem", check=False).returncode != 0:
        machine.run(AUTHORITY + CERTIFICATE.replace("ADDRESS", machine.private_ipv4))
    return machine


@pytest.fixture(scope="module")
def deploy(bao: Machine, inventory: Callable[..., Path], ansible_playbook: PlaybookRunner) -> Deploy:
    """Runs both entry points, or that of a group; ``model`` changes the platform, ``stripe`` is the external secret."""
    file = inventory({"secrets": [bao], "app": [bao]})

    def run(*, group: str = "", model: Mapping[str, Any] | None = None, stripe: str = "", **options: Any) -> PlayResult:
        wanted = {**platform(bao.private_ipv4), **(model or {})}
        # The host's name in the inventory may carry a prefix.
        wanted["hosts"] = {bao.name: wanted["hosts"]["bao"]}
        wanted["groups"] = {"app": [bao.name], "secrets": [bao.name]}
        extra = {"platform": wanted, "stripe_secret_key": stripe, **options.pop("variables", {})}
        plays = [play for play in PLAYS if play["hosts"].startswith(group)]
        return ansible_playbook(plays, inventory=file, variables=extra, **options)

    return run


@pytest.fixture(scope="module", autouse=True)
def deployed(deploy: Deploy) -> PlayResult:
    return deploy(stripe=STRIPE)


def login(bao: Machine, service: str) -> str:
    """A shell line that logs a service in, from where that is allowed."""
    pair = f"role_id=@{APPROLE}/{service}.role-id secret_id=@{APPROLE}/{service}.secret-id"
    return f"export BAO_ADDR=https://{bao.private_ipv4}:8200; bao write -field=token auth/approle/login {pair}"


def read_as(bao: Machine, service: str, path: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """A secret as the service itself reads it."""
    token = f"BAO_TOKEN=$({login(bao, service)}) && export BAO_TOKEN"
    return cli(bao, f"{token} && bao read -format=json dotmac/data/{path}", **options)


def fields(bao: Machine, service: str, path: str) -> dict[str, str]:
    return dict(json.loads(read_as(bao, service, path).stdout)["data"]["data"])


def rendered(bao: Machine, service: str, name: str) -> str:
    return bao.run(f"cat {SECRETS}/{service}/{name}").stdout


def is_rendered(bao: Machine) -> bool:
    return bao.run("systemctl is-active dotmac-secrets.service", check=False).stdout.strip() == "active"


def reboot(bao: Machine) -> None:
    subprocess.run(["docker", "restart", "--time", "30", bao.container], check=True, capture_output=True)
    poll(lambda: bao.run("true", check=False).returncode == 0, seconds=180, what="the host after its reboot")


def test_a_second_run_changes_nothing(bao: Machine, deploy: Deploy) -> None:
    bao.run("touch /run/mark")
    predicted = deploy(check=True, diff=True)
    again = deploy()
    assert (predicted.changed, again.changed) == ((), ())
    assert bao.run("find /etc /opt /usr/local /run/dotmac -newer /run/mark").stdout == ""
    # The options of each entry point are checked by a task of Ansible's own.
    own = [task for task in again.executed if not task.name.startswith("Validating arguments")]
    mine = [task for task in own if task.role.endswith("openbao")]
    agent = [task for task in mine if task.name.startswith("Agent |")]
    assert 0 < len(agent) <= 8
    assert 0 < len(mine) - len(agent) <= 8


def test_services_have_exactly_their_files(bao: Machine) -> None:
    database = fields(bao, "isp-framework", "database/isp-framework")
    assert database["username"] == "isp_framework"
    assert re.fullmatch(r"[A-Za-z0-9]{32}", database["password"])
    url = rendered(bao, "isp-framework", "DATABASE_URL")
    assert url.startswith(f"postgresql+psycopg://isp_framework:{database['password']}@10.90.2.10:5432/")
    assert re.fullmatch(r"[A-Za-z0-9]{64}", rendered(bao, "worker", "KEY"))
    assert rendered(bao, "isp-framework", "ODD") == ODD.format(value=STRIPE)
    listing = bao.run(f"cd {SECRETS} && find * -printf '%p %m %U:%G\\n' | sort").stdout.splitlines()
    assert listing == [
        "beat 500 10002:10002",
        "isp-framework 500 10001:10001",
        "isp-framework/DATABASE_URL 400 10001:10001",
        "isp-framework/ODD 400 10001:10001",
        "isp-framework/SECRET_KEY 400 10001:10001",
        "isp-framework/STRIPE 400 10001:10001",
        "worker 500 10002:10002",
        "worker/KEY 400 10002:10002",
    ]
    assert bao.run(f"stat -f -c %T {SECRETS}").stdout.strip() == "tmpfs"


def test_a_service_reads_nothing_of_another(bao: Machine) -> None:
    refused = read_as(bao, "worker", "external/stripe", check=False)
    assert "permission denied" in refused.stderr
    assert read_as(bao, "worker", "isp-framework/secret-key").returncode == 0


def test_logins_are_bound_to_their_host(bao: Machine) -> None:
    assert cli(bao, login(bao, "worker")).stdout
    # Over loopback it comes from another address than the host's private one.
    elsewhere = cli(bao, login(bao, "worker").replace(bao.private_ipv4, "127.0.0.1"), check=False)
    assert "unauthorized through CIDR restrictions" in elsewhere.stderr


def test_only_root_reads_keys_and_logins(bao: Machine) -> None:
    found = bao.run(
        f"stat -c '%a %U %n' /etc/openbao/unseal-1.key /etc/steward/escrow/* {APPROLE}/* /etc/steward/*.json"
    ).stdout
    assert {line.rsplit(" ", 1)[0] for line in found.splitlines()} == {"400 root"}
    kept = json.loads(bao.run(f"cat {ESCROW}").stdout)
    assert kept["state"] == "complete"
    assert len(kept["recovery_keys"]) == 3
    assert "root_token" not in kept


def test_the_program_is_the_published_one(bao: Machine) -> None:
    wanted = "9c5f36287c673f386e1533e9c044169a248e4ee50dd54810fa766e95bd41b788"
    assert bao.run("sha256sum /usr/local/bin/bao").stdout.startswith(wanted)
    assert bao.run("readlink /usr/local/bin/bao").stdout.strip() == "/usr/local/lib/steward/openbao-2.7.2/bao"


def test_it_listens_on_loopback_and_the_private_address_only(bao: Machine) -> None:
    sockets = bao.run("ss -Hltnp").stdout.splitlines()
    listening = {line.split()[3] for line in sockets if '"bao"' in line}
    assert listening == {"127.0.0.1:8200", "127.0.0.1:8201", f"{bao.private_ipv4}:8200"}


def test_a_renewed_certificate_is_served(bao: Machine) -> None:
    served = f"openssl s_client -connect {bao.private_ipv4}:8200 </dev/null 2>/dev/null | openssl x509 -noout -serial"
    before = bao.run(served).stdout
    bao.run(CERTIFICATE.replace("ADDRESS", bao.private_ipv4))
    poll(lambda: bao.run(served).stdout != before, seconds=30, what="the new certificate")
    assert cli(bao, "bao status").returncode == 0


def test_an_external_secret_reaches_its_file(bao: Machine, deploy: Deploy) -> None:
    inode = bao.run(f"stat -c %i {SECRETS}/worker/KEY").stdout
    predicted = deploy(group="secrets", stripe=STRIPE_NEXT, check=True, diff=True)
    done = deploy(stripe=STRIPE_NEXT, diff=True)
    shown = re.compile(r"--- before: secret dotmac/external/stripe\n.*?\n\n", re.DOTALL)
    assert shown.findall(predicted.output) == shown.findall(done.output)
    assert len(shown.findall(done.output)) == 1
    assert "+value: (changed)" in shown.findall(done.output)[0]
    assert rendered(bao, "isp-framework", "STRIPE") == STRIPE_NEXT
    assert bao.run(f"stat -c %i {SECRETS}/worker/KEY").stdout == inode
    # Not given any more is not the same as gone.
    assert deploy().changed == ()


def test_an_external_secret_without_value_is_named(bao: Machine, deploy: Deploy) -> None:
    model = platform(bao.private_ipv4)
    model["secrets"].append({"path": "external/mail", "kind": "external", "variable": "mail_key", "minimum": 16})
    refused = deploy(group="secrets", model=model, expect=2)
    assert refused.changed == ()
    assert "the external secret external/mail has no value: set the variable mail_key" in refused.output


def test_nothing_leaks(bao: Machine, deploy: Deploy) -> None:
    """Every value is searched for after a run that writes, issues and renders with everything printed."""
    bao.run(f"rm {APPROLE}/worker.secret-id {SECRETS}/isp-framework/SECRET_KEY")
    run = deploy(options=["-vvv"], diff=True)
    logins = bao.run(f"for file in {APPROLE}/*.secret-id /etc/openbao/*.key; do cat $file; echo; done").stdout.split()
    kept = json.loads(bao.run(f"cat {ESCROW}").stdout)
    admin = json.loads(bao.run("cat /etc/steward/openbao-admin.json").stdout)
    secret_key = rendered(bao, "worker", "KEY")
    password = fields(bao, "isp-framework", "database/isp-framework")["password"]
    values = {*logins, *kept["recovery_keys"], admin["secret_id"], secret_key, password, STRIPE, STRIPE_NEXT}
    assert len(values) > 8
    assert min(map(len, values)) >= 16
    results = json.dumps([dict(task.result) for task in run.tasks])
    places = {
        "journal": bao.run("journalctl --no-pager --output=cat").stdout,
        "arguments": bao.run("cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; true").stdout,
        "environments": bao.run("cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' ' '; true").stdout,
        "audit log": bao.run("cat /var/log/openbao/audit.log*").stdout,
        "output": run.output,
        "results": results,
        "units and configuration": bao.run(
            "cat /etc/systemd/system/* /etc/openbao/*.hcl /etc/steward/agent/* 2>/dev/null; true"
        ).stdout,
    }
    assert all(places.values())
    hits = [(place, value[:4]) for place, text in places.items() for value in values if value in text]
    assert hits == []


def test_damaged_files_are_rendered_again(bao: Machine, deploy: Deploy) -> None:
    look = f"cd {SECRETS} && find . -printf '%p %m %U\\n' | sort; cat */*"
    before = bao.run(look).stdout
    bao.run(f"cd {SECRETS}; chmod 0444 worker/KEY; chown 0:0 isp-framework/STRIPE; echo x >> isp-framework/ODD")
    bao.run(f"cd {SECRETS}; touch worker/OLD isp-framework/.hidden; rm -r beat; chmod 0755 isp-framework")
    assert [task.name for task in deploy(group="app").changed] == ["Agent | Render the secrets"]
    assert bao.run(look).stdout == before


def test_a_wrong_login_is_replaced_and_locks_nobody_out(bao: Machine, deploy: Deploy) -> None:
    old = bao.run(f"cat {APPROLE}/worker.secret-id").stdout
    bao.run(f"printf wrong > {APPROLE}/worker.secret-id")
    for _turn in range(7):
        assert cli(bao, login(bao, "worker"), check=False).returncode != 0
    done = deploy(group="app")
    assert "Agent | Issue missing logins" in [task.name for task in done.changed]
    new = bao.run(f"cat {APPROLE}/worker.secret-id").stdout
    assert new not in (old, "wrong")
    # The one it replaces is no use to whoever has it.
    refused = cli(bao, login(bao, "worker").replace(f"@{APPROLE}/worker.secret-id", "-"), input=old, check=False)
    assert "invalid role or secret ID" in refused.stderr
    assert cli(bao, login(bao, "worker")).stdout


def test_a_removed_service_loses_its_login(bao: Machine, deploy: Deploy) -> None:
    model = platform(bao.private_ipv4)
    removed = deploy(group="secrets", model={"services": model["services"][:1]}, diff=True)
    assert "AppRole dotmac-worker (remove_role)" in removed.output
    assert "invalid role or secret ID" in cli(bao, login(bao, "worker"), check=False).stderr
    deploy()
    assert cli(bao, login(bao, "worker")).stdout


def test_it_serves_again_after_a_reboot(bao: Machine, deploy: Deploy) -> None:
    before = bao.run(f"cat {SECRETS}/*/*").stdout
    reboot(bao)
    poll(lambda: is_rendered(bao), seconds=180, what="the rendered secrets")
    assert bao.run(f"cat {SECRETS}/*/*").stdout == before
    assert deploy().changed == ()


@pytest.mark.long
def test_a_sealed_server_is_one_line_and_the_agent_waits_for_it(bao: Machine, deploy: Deploy) -> None:
    operator_seal(bao)
    refused = deploy(expect=2, variables={"openbao_timeout": 2})
    assert refused.changed == ()
    said = refused.failed[0].result["msg"]
    assert said.startswith(
        "OpenBao https://127.0.0.1:8200 is sealed. With a static seal run 'systemctl restart openbao'"
    )
    assert "\n" not in said
    # A wrong key does not open it either, and systemd thinks all is well: the boot must not wait for it for ever.
    bao.run(
        "mv /etc/openbao/unseal-1.key /root/right.key && openssl rand -hex 32 | tr -d '\\n' > /etc/openbao/unseal-1.key"
    )
    reboot(bao)
    shown = "systemctl show --property=NRestarts --value dotmac-secrets.service"
    poll(lambda: int(bao.run(shown).stdout) >= 1, seconds=60, what="the second try to render")
    assert not is_rendered(bao)
    assert bao.run(f"ls {SECRETS}", check=False).stdout == ""
    bao.run("mv /root/right.key /etc/openbao/unseal-1.key && systemctl restart openbao")
    poll(lambda: is_rendered(bao), seconds=60, what="the secrets after the unseal")
    assert deploy().changed == ()


def test_every_login_lost_is_repaired_by_the_runbook(bao: Machine, deploy: Deploy) -> None:
    bao.run('printf \'{"role_id": "a", "secret_id": "b"}\' > /etc/steward/openbao-admin.json')
    refused = deploy(expect=2)
    assert "the login in /etc/steward/openbao-admin.json is refused" in refused.output
    make_root_token(bao)
    bao.run("sh -s", input=runbook(1))
    assert deploy().changed == ()


def test_the_audit_log_is_rotated(bao: Machine) -> None:
    bao.run("logrotate --force /etc/logrotate.d/openbao")
    look = "cd /var/log/openbao && test $(stat -c '%a:%U' audit.log) = 640:openbao && grep -q approle/login audit.log"
    poll(
        lambda: cli(bao, login(bao, "worker")).stdout and bao.run(look, check=False).returncode == 0,
        seconds=15,
        what="a request in the new log",
    )
    assert bao.run("ls /var/log/openbao").stdout.split()[:2] == ["audit.log", "audit.log.1"]


@pytest.mark.long
def test_the_seal_key_is_rotated_and_never_made_anew(bao: Machine, deploy: Deploy) -> None:
    deploy(group="secrets", variables={"openbao_seal_key_id": "2", "openbao_seal_previous_key_id": "1"})
    deploy(group="secrets", variables={"openbao_seal_key_id": "2"})
    bao.run("mv /etc/openbao/unseal-1.key /root/ && systemctl restart openbao")
    assert deploy(group="secrets", variables={"openbao_seal_key_id": "2"}).changed == ()
    refused = deploy(group="secrets", expect=2)
    assert refused.changed == ()
    assert "OpenBao has data, but the key /etc/openbao/unseal-1.key that opens it is missing" in refused.output


def wipe(bao: Machine) -> None:
    """A host that never had an OpenBao."""
    bao.run("systemctl stop openbao dotmac-secrets")
    bao.run("rm -rf /var/lib/openbao/raft /etc/openbao /etc/steward /run/dotmac/secrets")


@pytest.fixture
def fresh(bao: Machine) -> Iterator[None]:
    wipe(bao)
    yield
    wipe(bao)


def kill_module_when(bao: Machine, state: str) -> subprocess.Popen[str]:
    """On the host, kill every module as soon as the escrow file is in a state: the moment that hurts most."""
    loop = f'until grep -qs \'"state": "{state}"\' {ESCROW}; do :; done; pkill -KILL -x python3'
    return subprocess.Popen(["docker", "exec", bao.container, "sh", "-c", loop], text=True)


@pytest.mark.usefixtures("fresh")
@pytest.mark.long
def test_killed_before_the_keys_came_it_says_so(bao: Machine, deploy: Deploy) -> None:
    killer = kill_module_when(bao, "requested")
    deploy(stripe=STRIPE, expect=2)
    assert killer.wait(timeout=60) == 0
    status = "bao status -format=json"
    poll(lambda: json.loads(cli(bao, status, check=False).stdout)["initialized"], seconds=60, what="its initialisation")
    refused = deploy(stripe=STRIPE, expect=2)
    assert "is initialised but nobody has its keys: the run that began it at" in refused.output
    bao.run(f"systemctl stop openbao && rm -r /var/lib/openbao/raft {ESCROW}")
    deploy(stripe=STRIPE)
    assert is_rendered(bao)


@pytest.mark.usefixtures("fresh")
@pytest.mark.long
def test_killed_after_the_keys_came_the_next_run_finishes(bao: Machine, deploy: Deploy) -> None:
    killer = kill_module_when(bao, "received")
    deploy(stripe=STRIPE, expect=2)
    assert killer.wait(timeout=60) == 0
    assert json.loads(bao.run(f"cat {ESCROW}").stdout)["state"] == "received"
    deploy(stripe=STRIPE)
    assert json.loads(bao.run(f"cat {ESCROW}").stdout)["state"] == "complete"
    assert is_rendered(bao)


@pytest.mark.usefixtures("fresh")
@pytest.mark.long
def test_shamir(bao: Machine, deploy: Deploy) -> None:
    shamir = {"openbao_seal": "shamir"}
    deploy(stripe=STRIPE, variables=shamir)
    bao.run("systemctl restart openbao")
    refused = deploy(variables=shamir, expect=2)
    assert "is sealed." in refused.output
    assert "bao operator unseal" in refused.output
    for share in json.loads(bao.run(f"cat {ESCROW}").stdout)["unseal_keys"][:2]:
        cli(bao, "bao write sys/unseal key=-", input=share)
    assert deploy(variables=shamir).changed == ()
