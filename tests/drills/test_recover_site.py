# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lost site comes back from its repository and its escrow bundle, and a drill of that on another machine."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.steward.platform.tests.support import s3
from ansible_collections.steward.platform.tests.support.data_services import bring_domains, run_python
from ansible_collections.steward.platform.tests.support.machines import Machine, Machines
from ansible_collections.steward.platform.tests.support.paths import ROOT
from ansible_collections.steward.platform.tests.support.platform import ISP, Platform
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner, PlayResult, kill_playbook

pytestmark = pytest.mark.long
HOST, SPARE, STORE = "site", "site-spare", "site-store"
PLACE, UPLOADS, JOURNAL = "/var/backups/steward", "/srv/uploads", "/var/lib/steward/recovery/site.json"
CA_FILE, BUCKET = "/usr/local/share/site-store.pem", "dotmac"
QUEUE_KEY = "drill:invoice"
ROWS = "SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) FROM drill AS t"
TIMELINE = "SELECT timeline_id FROM pg_control_checkpoint()"
REDIS = """
from steward.redis.client import session
with session(6380) as connection:
    answer = connection.set(given["key"], "17") if given["write"] else connection.get(given["key"])
"""
BOTO = """
import boto3, botocore.config
server = boto3.client("s3", endpoint_url=given["endpoint"], region_name="us-east-1", verify=given["ca"],
    aws_access_key_id=given["keys"][0], aws_secret_access_key=given["keys"][1],
    config=botocore.config.Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"))
"""
MAKE_BUCKET = BOTO + "answer = bool(server.create_bucket(Bucket=given['bucket']))\n"
LIST = (
    BOTO
    + """
pages = server.get_paginator("list_objects_v2").paginate(Bucket=given["bucket"])
answer = sorted([row["Key"], row["ETag"]] for page in pages for row in page.get("Contents", []))
"""
)


@dataclass
class Site:
    """The platform, whose machine is lost, and what was carried away before."""

    platform: Platform
    folder: Path
    variables: dict[str, Any]
    recipient: str
    store: Machine
    region: s3.S3Region

    @property
    def bundle(self) -> Path:
        return self.folder / "escrow.json"

    @property
    def identity(self) -> Path:
        return self.folder / "identity"

    @property
    def repository(self) -> Path:
        return self.folder / "repository.tar"

    @property
    def options(self) -> dict[str, Any]:
        return {
            "recovery_bundle": str(self.bundle),
            "recovery_identity": str(self.identity),
            "recovery_report_folder": str(self.folder / "reports"),
            "confirm": "dotmac",
        }

    def psql(self, statement: str, machine: Machine | None = None) -> str:
        argv = ["runuser", "-u", "postgres", "--", "psql", "-XAtq", "-d", "dotmac_isp", "-c", statement]
        return (machine or self.platform.machine).run(argv).stdout.strip()

    def escrow(self, **more: Any) -> PlayResult:
        given = {"recovery_bundle": str(self.bundle), "recovery_recipients": [self.recipient], **more}
        return self.platform.run("escrow", variables=given)

    def recover(self, expect: int = 0, **more: Any) -> PlayResult:
        return self.platform.run("recover_site", variables={**self.options, **more}, expect=expect)

    def secrets(self, machine: Machine) -> str:
        """What services are given, without showing it."""
        line = "cd /run/dotmac/secrets && find . -name '*SECRET_KEY' -type f | sort | xargs sha256sum"
        return machine.run(line).stdout

    def bucket(self, program: str) -> Any:
        keys = list(self.region.keys[s3.ADMIN])
        return run_python(self.store, program, endpoint=self.region.direct, ca=s3.CA_FILE, keys=keys, bucket=BUCKET)


def report_of(result: PlayResult) -> dict[str, Any]:
    found: dict[str, Any] = result.result("Serving | Report")["report"]
    print(f"\n{found['kind']}: RTO {found['rto_seconds']} s, RPO {found['rpo_seconds']} s, {found['verdict']}")
    for row in found["timeline"]:
        print(f"  +{row['offset']:.0f} s {row['step']} {row['seconds']} s")
    return found


@pytest.fixture(scope="module")
def site(
    host: Callable[..., Machine], ansible_playbook: PlaybookRunner, tmp_path_factory: pytest.TempPathFactory
) -> Site:
    """A platform with a folder and a bucket as repositories, and data of each kind in a full and an incremental set."""
    if shutil.which("age") is None:
        subprocess.run([str(ROOT / "tests/gates/apt-install"), "age"], check=True)
    folder = tmp_path_factory.mktemp("site")
    store = host(STORE)
    install = "DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends python3-boto3"
    store.run(f"dpkg -s python3-boto3 >/dev/null 2>&1 || {{ apt-get update -q && {install}; }}", timeout=300)
    region = s3.make_region(store, "remote")
    access = dict(zip(("access_key", "secret_key"), region.keys[s3.ADMIN], strict=True))
    endpoint = region.endpoint.removeprefix("https://")
    bucket = {"type": "s3", "path": "/backups", "endpoint": endpoint, "bucket": BUCKET, "region": "us-east-1",
              "ca_file": CA_FILE, "uri_style": "path"}  # fmt: skip
    variables = {
        "platform_backup": {"enabled": True},
        "backup_repositories": [{"name": "local", "type": "posix", "path": PLACE}, {"name": "remote", **bucket}],
        "backup_credentials": {"remote": access},
        "backup_application_data_paths_extra": [UPLOADS],
        # Only what is asked for here.
        "backup_schedule": {"profile": "custom", "jobs": {"figures": {}}},
    }
    machine = host(HOST)
    trust(machine, region)
    machine.run(f"install -d -o 65534 {UPLOADS} && echo contract >{UPLOADS}/1.txt && chown 65534 {UPLOADS}/1.txt")
    made = subprocess.run(["age-keygen", "-o", str(folder / "identity")], capture_output=True, text=True, check=True)
    recipient = made.stderr.rpartition(" ")[2].strip()
    site = Site(Platform(machine, ansible_playbook, folder, variables=variables), folder, variables, recipient, store,
                region)  # fmt: skip
    site.bucket(MAKE_BUCKET)
    site.platform.site()
    fill(site)
    return site


def trust(machine: Machine, region: s3.S3Region) -> None:
    machine.run(f"cat >{CA_FILE}", input=region.ca_pem)


def queue(machine: Machine, *, write: bool) -> Any:
    """Write the key of this test into the queue, or read it."""
    return run_python(machine, bring_domains(machine, "redis") + REDIS, key=QUEUE_KEY, write=write)


def fill(site: Site) -> None:
    machine = site.platform.machine
    queue(machine, write=True)
    site.psql("CREATE TABLE drill AS SELECT g AS id, md5(g::text) AS text FROM generate_series(1, 10000) AS g")
    steward(site, "full")
    site.psql("INSERT INTO drill SELECT g, md5(g::text) FROM generate_series(10001, 20000) AS g")
    steward(site, "incremental")
    # In no set: the WAL has it.
    site.psql("INSERT INTO drill SELECT g, md5(g::text) FROM generate_series(20001, 20100) AS g")
    site.psql("SELECT pg_switch_wal()")
    time.sleep(5)


def steward(site: Site, *words: str) -> dict[str, Any]:
    done = site.platform.machine.run(["steward", "backup", *words, "--json"], check=False, timeout=600)
    assert done.returncode in (0, 4), done.stdout + done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def test_the_keys_are_carried_away_encrypted_and_only_once(site: Site) -> None:
    refused = site.platform.run("escrow", variables={"recovery_bundle": str(site.bundle)}, expect=2)
    assert "recovery_recipients is empty" in refused.output
    assert not site.bundle.exists()
    site.escrow(recovery_identity=str(site.identity))
    text = site.bundle.read_text()
    keys = site.platform.machine.run("cat /etc/steward/escrow/backup-* /etc/steward/escrow/*.key").stdout.split()
    assert len(keys) == 4
    assert [key for key in keys if key in text] == []
    plain = subprocess.run(
        ["age", "--decrypt", f"--identity={site.identity}"],
        input=json.loads(text)["age"], capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert all(key in plain for key in keys)
    again = site.escrow(recovery_identity=str(site.identity))
    assert [task.name for task in again.changed] == []
    assert site.bundle.read_text() == text


def kill_in(site: Site, step: str) -> None:
    """Start the recovery and kill its controller once a step has begun on the host."""
    handed = site.folder / "options.json"
    handed.write_text(json.dumps(site.options))
    arguments = [*site.platform.arguments("recover_site"), "-e", f"@{handed}"]
    kill_playbook(arguments, lambda: state_of(site, step) in ("running", "done"), what=step, seconds=900)


def state_of(site: Site, step: str) -> str:
    text = site.platform.machine.run(f"cat {JOURNAL}", check=False).stdout
    rows = json.loads(text)["steps"] if text else []
    return next((row["state"] for row in rows if row["step"] == step), "")


def carry_away(site: Site) -> None:
    """The repository of the site to a place that is not lost with it."""
    argv = ["docker", "exec", site.platform.machine.container, "tar", "-C", PLACE, "-cf", "-", "."]
    with site.repository.open("wb") as file:
        done = subprocess.run(argv, stdout=file, check=False)
    # 1: the archive of WAL grew while it was read.
    assert done.returncode in (0, 1)


def carry_over(site: Site) -> None:
    """The repository from there onto the new machine."""
    unpack = f"mkdir -p {PLACE} && tar -C {PLACE} -xpf -"
    with site.repository.open("rb") as file:
        subprocess.run(
            ["docker", "exec", "-i", site.platform.machine.container, "sh", "-c", unpack], stdin=file, check=True
        )


def test_the_lost_site_comes_back(site: Site, machines: Machines, ansible_playbook: PlaybookRunner) -> None:
    before = site.platform
    rows, authority, secrets = site.psql(ROWS), before.authority(), site.secrets(before.machine)
    timeline = int(site.psql(TIMELINE))
    carry_away(site)
    old = json.loads(before.machine.run("steward backup list --json").stdout)["sets"]
    machine = machines.renew(HOST)
    trust(machine, site.region)
    site.platform = Platform(machine, ansible_playbook, site.folder, variables=site.variables)
    refusals(site)
    carry_over(site)
    kill_in(site, "restore postgresql")
    other = site.recover(expect=2, recovery_target="immediate")
    assert "recovery_target is 'immediate', but the recovery" in other.output
    result = site.recover()
    report = report_of(result)
    assert report["verdict"] in ("pass", "fail")
    assert [row["state"] for row in report["timeline"]] == ["done"] * len(report["timeline"])

    assert rows.startswith("20100 ")
    assert (site.psql(ROWS), site.platform.authority(), site.secrets(machine)) == (rows, authority, secrets)
    refuse_less(site, machine)

    sets = json.loads(machine.run("steward backup list --json").stdout)["sets"]
    assert {each["id"] for each in old} <= {each["id"] for each in sets}
    newest = next(each for each in sets if each["type"] == "full")
    assert newest["id"] not in {each["id"] for each in old}
    assert int(site.psql(TIMELINE)) == timeline + 1
    for path in result.result("Serving | Report")["paths"]:
        assert Path(path).stat().st_size > 1000


def refuse_less(site: Site, machine: Machine) -> None:
    """What is not in the database came back, too, and the platform serves."""
    assert queue(machine, write=False) == "17"
    assert machine.run(f"stat -c %u {UPLOADS}/1.txt; cat {UPLOADS}/1.txt").stdout.split() == ["65534", "contract"]
    assert site.platform.ask(ISP, "/health").status == 200
    assert machine.run("steward status", check=False).returncode in (0, 4)


def refusals(site: Site) -> None:
    """Each in one line, before anything changes."""
    cases = {
        "none of its backups in": {},
        "of the platform 'other', allowed is one of 'dotmac'": {"recovery_bundle": str(other_bundle(site))},
        "which does not open": {"recovery_identity": str(other_identity(site))},
        "confirm is 'demo', allowed is: dotmac": {"confirm": "demo", "recovery_repository": "remote"},
    }
    for said, options in cases.items():
        result = site.recover(expect=2, **options)
        assert said in " ".join(result.output.split())
        assert [task.name for task in result.changed] == []
    assert site.platform.machine.run("ls /etc/steward", check=False).returncode != 0


def other_bundle(site: Site) -> Path:
    path = site.folder / "other.json"
    path.write_text(json.dumps({**json.loads(site.bundle.read_text()), "platform": "other"}))
    return path


def other_identity(site: Site) -> Path:
    path = site.folder / "stranger"
    if not path.exists():
        subprocess.run(["age-keygen", "-o", str(path)], capture_output=True, check=True)
    return path


def test_a_site_that_serves_is_not_recovered_onto(site: Site) -> None:
    refused = site.recover(expect=2)
    assert "holds data already" in refused.output
    assert [task.name for task in refused.changed] == []


def test_a_drill_compares_what_comes_back_and_leaves_the_source_alone(
    site: Site, machines: Machines, tmp_path: Path
) -> None:
    steward(site, "full", "--remote", "remote")
    spare = machines.renew(SPARE)
    trust(spare, site.region)
    entry = {**spare.variables(), "platform_private_address": spare.private_ipv4, "recovery_stands_for": "demo"}
    inventory = tmp_path / "spare.yml"
    inventory.write_text(yaml.safe_dump({"recovery_target": {"hosts": {"spare": entry}}}))
    source, before = site.platform.machine, site.bucket(LIST)
    rows = site.psql(ROWS)
    result = site.platform.run(
        "dr_drill", options=("-i", str(inventory)), variables={**site.options, "recovery_repository": "remote"}
    )
    report = report_of(result)
    assert report["verdict"] in ("pass", "warn")
    assert "have the checksums of the source" in next(
        row["message"] for row in report["findings"] if row["name"] == "data"
    )
    assert site.psql(ROWS, spare) == site.psql(ROWS, source) == rows
    assert site.secrets(spare) == site.secrets(source)
    assert spare.run("steward status", check=False).returncode in (0, 4)
    # The source's archive goes on; nothing else came, went or changed.
    kept = {tuple(row) for row in site.bucket(LIST)} ^ {tuple(row) for row in before}
    assert [key for key, _tag in kept if "/archive/" not in key and "/locks/" not in key] == []
    assert spare.run("ls /etc/systemd/system/steward-backup-*.timer", check=False).returncode != 0
    assert site.psql("SHOW archive_mode", spare) == "off"
    assert site.platform.ask(ISP, "/health").status == 200
    page = next(path for path in result.result("Serving | Report")["paths"] if path.endswith(".html"))
    assert "Recovery drill of dotmac" in Path(page).read_text()
