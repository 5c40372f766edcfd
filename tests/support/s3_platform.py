# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A platform with backups in buckets, asked in other ways than its own: boto3, pgBackRest, PostgreSQL."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from . import s3
from .data_services import run_python
from .machines import Machine, poll
from .platform import ISP, Platform

ADMINISTRATOR = "/root/administrator"
KEYS = "/etc/steward/backup/aws-credentials"
METRICS = "/var/lib/prometheus/node-exporter/steward_backup.prom"
# By their order: the host's own disk, a bucket that gets WAL at once, and a copy of that one.
LOCAL, FIRST, SECOND = "local", "first", "second"
NUMBERS = {LOCAL: 1, FIRST: 2, SECOND: 3}
RESTORED = "/var/tmp/restored"
PORT = 5599

# boto3 itself, as somebody who has a key: what is there, what is in it, and what can be deleted.
S3 = """
import boto3, botocore.config, botocore.exceptions
session = boto3.Session(aws_access_key_id=given["keys"][0], aws_secret_access_key=given["keys"][1])
server = session.client("s3", endpoint_url=given["endpoint"], region_name="us-east-1", verify=given["ca"],
    config=botocore.config.Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"))
bucket = given["bucket"]
def pages(operation, part):
    for page in server.get_paginator(operation).paginate(Bucket=bucket):
        yield from page.get(part, [])
"""
COUNT = S3 + "answer = len(list(pages('list_objects_v2', 'Contents')))\n"
SEARCH = (
    S3
    + """
answer = {"objects": 0, "found": []}
for row in pages("list_objects_v2", "Contents"):
    body = server.get_object(Bucket=bucket, Key=row["Key"])["Body"].read()
    answer["objects"] += 1
    answer["found"] += [row["Key"] for word in given["words"] if word.encode() in body]
"""
)
ATTACK = (
    S3
    + """
answer = {"deleted": 0, "refused": set(), "versions": 0}
for row in list(pages("list_object_versions", "Versions")):
    answer["versions"] += 1
    try:
        server.delete_object(Bucket=bucket, Key=row["Key"], VersionId=row["VersionId"])
    except botocore.exceptions.ClientError as error:
        answer["refused"].add(error.response["Error"]["Code"])
for row in list(pages("list_objects_v2", "Contents")):
    server.delete_object(Bucket=bucket, Key=row["Key"])
    answer["deleted"] += 1
answer["refused"] = sorted(answer["refused"])
answer["left"] = len(list(pages("list_objects_v2", "Contents")))
"""
)
# A configuration that knows one repository only, as a host has that comes after this one.
ONLY = """
import re
text = open("/etc/pgbackrest/pgbackrest.conf").read()
number = given["number"]
lines = dict.fromkeys(re.findall(rf"^repo{number}-(.*)$", text, re.MULTILINE))
stanza = text[text.index("[main]"):]
with open(given["path"], "w") as file:
    file.write("[global]\\n" + "".join(f"repo1-{line}\\n" for line in lines) + "log-level-file=off\\n\\n" + stanza)
answer = len(lines)
"""


@dataclass(frozen=True)
class Backed:
    """The platform, and the host with both regions."""

    platform: Platform
    store: Machine
    regions: Mapping[str, s3.S3Region]
    buckets: Mapping[str, str]

    def run(self, command: str | list[str], **options: Any) -> str:
        return self.platform.machine.run(command, **options).stdout

    def steward(self, *words: str, expect: int = 0, timeout: float = 600) -> dict[str, Any]:
        """A verb of backup with its document."""
        argv = ["steward", "backup", *words, "--json"]
        done = self.platform.machine.run(argv, check=False, timeout=timeout)
        assert done.returncode == expect, done.stdout + done.stderr
        said: dict[str, Any] = json.loads(done.stdout) if done.stdout else {}
        return said

    def places(self, set_id: str) -> list[str]:
        """The repositories from which alone a set can be restored."""
        return next(row["complete_in"] for row in self.steward("list")["sets"] if row["id"] == set_id)

    def result(self, job: str) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.run(f"cat /var/lib/steward/backup/results/{job}.json"))
        return said

    def metric(self, line: str) -> float:
        """The value of the one metric whose line begins so, labels in part."""
        found = [row for row in self.run(f"cat {METRICS}").splitlines() if all(word in row for word in line.split())]
        assert len(found) == 1, found
        return float(found[0].rsplit(" ", 1)[1])

    def ask(self, program: str, region: str, identity: str = s3.ADMIN, **given: Any) -> Any:
        there = self.regions[region]
        known = {"keys": there.keys[identity], "endpoint": there.direct, "ca": s3.CA_FILE}
        return run_python(self.store, program, **{**known, "bucket": self.buckets[region], **given})

    def query(self, statement: str) -> str:
        return psql(self.platform.machine, statement)

    def plant(self) -> str:
        """A customer whose name is nowhere else."""
        marker = f"planted-{uuid.uuid4()}"
        body = {"name": marker, "email": f"{marker}@dotmac.test"}
        assert self.platform.ask(ISP, "/api/v1/customers", method="POST", body=body).status == 201
        return marker

    def switch_wal(self) -> str:
        """Have all so far in a segment that waits to be archived; its name."""
        return self.query("SELECT pg_walfile_name(pg_switch_wal())")

    def has_archived(self, segment: str, place: str) -> bool:
        listed = self.pgbackrest(f"repo-ls --repo={NUMBERS[place]} --recurse archive/main", check=False)
        return f"/{segment}-" in listed

    def pgbackrest(self, words: str, **options: Any) -> str:
        return self.run(f"runuser -u postgres -- pgbackrest --log-level-console=off {words}", **options)

    @contextmanager
    def restored(self, words: str) -> Iterator[Callable[[str], str]]:
        """A server beside the live one from what pgBackRest brings back; it is asked by the function given."""
        self.run(f"rm -rf {RESTORED}; install -d -o postgres -g postgres -m 0700 {RESTORED}")
        self.pgbackrest(f"{words} --stanza=main --pg1-path={RESTORED} --archive-mode=off restore", timeout=600)
        tools, etc = "/usr/lib/postgresql/17/bin", "/etc/postgresql/17/main"
        settings = {
            "port": PORT, "config_file": f"{etc}/postgresql.conf", "hba_file": f"{etc}/pg_hba.conf",
            "data_directory": RESTORED, "external_pid_file": "", "listen_addresses": "", "archive_mode": "off",
            "unix_socket_directories": RESTORED, "cluster_name": "restored",
        }  # fmt: skip
        given = " ".join(f"-c {name}={value}" for name, value in settings.items())
        start = f"{tools}/pg_ctl -D {RESTORED} -w -t 120 -l {RESTORED}/log -o '{given}' start"
        self.run(["runuser", "-u", "postgres", "--", "sh", "-c", start], timeout=180)
        try:
            poll(lambda: self._ask("SELECT pg_is_in_recovery()") == "f", seconds=120, what="the end of recovery")
            yield self._ask
        finally:
            self.run(["runuser", "-u", "postgres", "--", f"{tools}/pg_ctl", "-D", RESTORED, "-m", "immediate", "stop"])
            self.run(f"rm -rf {RESTORED}")

    def _ask(self, statement: str) -> str:
        return psql(self.platform.machine, statement, "-h", RESTORED, "-p", str(PORT))


def psql(machine: Machine, statement: str, *words: str) -> str:
    argv = ["runuser", "-u", "postgres", "--", "psql", "-XAtq", "-d", "dotmac_isp", *words, "-c", statement]
    return machine.run(argv, check=False).stdout.strip()


def count(marker: str) -> str:
    return f"SELECT count(*) FROM customers WHERE name = '{marker}'"


def describe(region: s3.S3Region, bucket: str, **more: Any) -> dict[str, Any]:
    """A repository as a user writes it."""
    endpoint = region.endpoint.removeprefix("https://")
    where = {"endpoint": endpoint, "bucket": bucket, "region": "us-east-1", "uri_style": "path", "ca": region.ca_pem}
    return {"name": region.name, "type": "s3", "path": "/dotmac", **where, **more}
