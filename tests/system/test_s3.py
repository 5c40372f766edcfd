# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""S3 on real servers: what protects a bucket, what a host's key cannot do, and a second region that can be trusted."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support import s3
from ansible_collections.steward.platform.tests.support.data_services import run_python
from ansible_collections.steward.platform.tests.support.machines import Machine, poll
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner, PlayResult

pytestmark = pytest.mark.long

KEYS = "/etc/steward/backup/aws-credentials"
TREE = "/srv/tree"
MISSED = "steward-missed.json"
HASH = "0123456789abcdef" * 4
LOCKED = {"lock": {"mode": "COMPLIANCE", "days": 2}}
RULES = [
    {"name": "old-versions", "noncurrent_days": 3, "expire_markers": True, "abort_multipart_days": 2},
    {"name": "scratch", "prefix": "scratch/", "expire_days": 1},
]
GRANTS = [{"principal": s3.principal(name), "grant": name} for name in ("backup", "append", "read")]

# Past all code of ours: boto3 itself, with the answer or the error's code of each request.
ASK = """
import hashlib, boto3, botocore.config, botocore.exceptions
session = boto3.Session(aws_access_key_id=given["keys"][0], aws_secret_access_key=given["keys"][1])
server = session.client(
    "s3", endpoint_url=given["endpoint"], region_name="us-east-1", verify=given["ca"],
    config=botocore.config.Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"),
)
answer = []
for operation, words in given["requests"]:
    try:
        said = getattr(server, operation)(**words)
        said.pop("ResponseMetadata")
        if "Body" in said:
            body = said["Body"].read()
            said["Body"], said["Sha256"] = body[:1000].decode("latin-1"), hashlib.sha256(body).hexdigest()
        answer.append(json.loads(json.dumps(said, default=str)))
    except botocore.exceptions.ClientError as error:
        answer.append(error.response["Error"]["Code"])
"""
# Flips a bit of an object where the server keeps it; what is random is stored as it is.
FLIP = """
import glob
marker, flipped = bytes.fromhex(given["marker"]), 0
for path in glob.glob(given["folder"] + "/**/*.dat", recursive=True):
    with open(path, "r+b") as file:
        place = file.read().find(marker)
        if place >= 0:
            file.seek(place)
            file.write(bytes([marker[0] ^ 1]))
            flipped += 1
answer = flipped
"""


@dataclass(frozen=True)
class Store:
    """The host with both regions, and how the modules are called on it."""

    machine: Machine
    regions: Mapping[str, s3.S3Region]
    run_play: Callable[..., PlayResult]

    def access(self, region: str, identity: str = s3.ADMIN) -> dict[str, Any]:
        return {
            "endpoint": self.regions[region].endpoint,
            "ca_file": s3.CA_FILE,
            "credentials_file": KEYS,
            "profile": f"{region}-{identity}",
        }

    def call(self, module: str, expect: int = 0, **options: Any) -> Any:
        """One module's result; ``check`` is for the playbook."""
        play = {key: options.pop(key) for key in ("check",) if key in options}
        task = {"name": "Call", f"steward.platform.{module}": options, "register": "said"}
        # The events hold a difference only from this verbosity on.
        result = self.run_play([task], diff=True, options=["-vvv"], expect=expect, **play)
        return result.result("Call")

    def bucket(self, name: str, region: str = "first", expect: int = 0, check: bool = False, **wish: Any) -> Any:
        return self.call("s3_bucket", expect, check=check, name=name, **self.access(region), **wish)

    def ask(self, *requests: tuple[str, dict[str, Any]], identity: str = s3.ADMIN, region: str = "first") -> list[Any]:
        there = self.regions[region]
        given = {"keys": there.keys[identity], "endpoint": there.direct, "ca": s3.CA_FILE, "requests": requests}
        answer = run_python(self.machine, ASK, **given)
        assert isinstance(answer, list)
        return answer

    def keys(self, bucket: str, region: str = "first") -> list[str]:
        """The current objects, also of a region that is away."""
        (said,) = self.ask(("list_objects_v2", {"Bucket": bucket}), region=region)
        return [row["Key"] for row in said.get("Contents", [])]

    def replicate(self, source: str, target: str, /, expect: int = 0, check: bool = False, **more: Any) -> Any:
        ends = {
            "source": {**self.access("first", "read"), "bucket": source, **more.pop("source", {})},
            "target": {**self.access("second", "backup"), "bucket": target, **more.pop("target", {})},
        }
        return self.call("s3_replication", expect, check=check, **ends, **more)


@pytest.fixture(scope="module")
def store(host: Callable[..., Machine], inventory: Callable[..., Path], ansible_playbook: PlaybookRunner) -> Store:
    machine = host("store")
    install = "DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends python3-boto3"
    machine.run(f"dpkg -s python3-boto3 >/dev/null 2>&1 || {{ apt-get update -q && {install}; }}", timeout=300)
    regions = {name: s3.make_region(machine, name, number) for number, name in enumerate(("first", "second"))}
    sections = [region.profile(identity) for region in regions.values() for identity in region.keys]
    sections.append(regions["second"].profile("backup", secret="wrong").replace("[second-", "[wrong-"))
    write_keys(machine, "\n".join(sections))
    hosts = inventory({"backup_store": [machine]})

    def run_play(tasks: Sequence[Mapping[str, Any]], **given: Any) -> PlayResult:
        play = {"hosts": "all", "gather_facts": False, "tasks": list(tasks)}
        return ansible_playbook([play], inventory=hosts, **given)

    return Store(machine, regions, run_play)


def write_keys(machine: Machine, text: str, mode: str = "0400") -> None:
    machine.run(f"umask 077; mkdir -p $(dirname {KEYS}); cat >{KEYS}; chmod {mode} {KEYS}", input=text)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A bucket's name nobody had before: locked ones cannot be removed from a host that is kept."""
    return f"b{hashlib.sha256(f'{request.node.name}{time.time_ns()}'.encode()).hexdigest()[:12]}"


@pytest.fixture
def pair(store: Store, name: str) -> str:
    """The same bucket in both regions, versioned at the target."""
    store.bucket(name, grants=GRANTS)
    store.bucket(name, "second", grants=GRANTS)
    return name


def put(bucket: str, key: str, body: str = "") -> tuple[str, dict[str, Any]]:
    return "put_object", {"Bucket": bucket, "Key": key, "Body": body or key}


def test_a_bucket_becomes_as_wanted_and_stays(store: Store, name: str) -> None:
    wish = {**LOCKED, "lifecycle": RULES, "grants": GRANTS}
    predicted = store.bucket(name, check=True, **wish)
    assert store.ask(("get_bucket_versioning", {"Bucket": name})) == ["NoSuchBucket"]
    done = store.bucket(name, **wish)
    assert done["changed"]
    assert predicted["diff"] == done["diff"]
    assert not store.bucket(name, **wish)["changed"]
    questions = ("get_bucket_versioning", "get_object_lock_configuration", "get_bucket_lifecycle_configuration")
    versioning, lock, rules = store.ask(*[(question, {"Bucket": name}) for question in questions])
    assert versioning["Status"] == "Enabled"
    default = lock["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert default == {"Mode": "COMPLIANCE", "Days": 2}
    assert {rule["ID"] for rule in rules["Rules"]} == {"old-versions", "scratch"}
    seen = store.call("s3_bucket_info", name=name, **store.access("first"))
    assert (seen["exists"], seen["versioning"], seen["lock"]["days"]) == (True, "Enabled", 2)
    assert not store.call("s3_bucket_info", name="nothing-there", **store.access("first"))["exists"]


def test_parts_change_alone_and_back(store: Store, name: str) -> None:
    store.bucket(name, lifecycle=RULES, grants=GRANTS)
    changed = store.bucket(name, grants=[])
    assert [row["after_header"] for row in changed["diff"]] == [f"{name} (set policy)"]
    assert store.ask(("get_bucket_policy", {"Bucket": name})) == ["NoSuchBucketPolicy"]
    assert store.bucket(name, lifecycle=[])["changed"]
    assert store.ask(("get_bucket_lifecycle_configuration", {"Bucket": name})) == ["NoSuchLifecycleConfiguration"]
    assert store.bucket(name, versioning=False)["changed"]
    assert not store.bucket(name, versioning=False)["changed"]
    # A lock can also come later.
    assert store.bucket(name, **LOCKED)["changed"]


def test_protection_is_never_weakened(store: Store, name: str) -> None:
    store.bucket(name, **LOCKED)
    question = ("get_object_lock_configuration", {"Bucket": name})
    before = store.ask(question)
    for wish, message in (
        ({"lock": {"mode": "COMPLIANCE", "days": 1}}, "lock.days is 1, allowed is: at least 2"),
        ({"lock": {"mode": "GOVERNANCE", "days": 9}}, "lock.mode is GOVERNANCE, allowed is: COMPLIANCE"),
        ({"versioning": False}, "versioning is false, allowed is: true"),
    ):
        failed = store.bucket(name, expect=2, **wish)
        assert message in failed["msg"]
        assert "\n" not in failed["msg"]
    assert store.ask(question) == before
    assert store.bucket(name, lock={"mode": "COMPLIANCE", "days": 3})["changed"]


def test_each_key_can_do_what_its_grant_says_and_no_more(store: Store, name: str) -> None:
    store.bucket(name, **LOCKED, grants=GRANTS)
    where = {"Bucket": name, "Key": "data"}
    lock = f"restic/locks/{HASH}"
    versions = [store.ask(put(name, key), identity="backup")[0]["VersionId"] for key in ("data", lock)]
    delete, delete_lock = ("delete_object", where), ("delete_object", {"Bucket": name, "Key": lock})
    old, get = ("delete_object", {**where, "VersionId": versions[0]}), ("get_object", where)
    suspend = ("put_bucket_versioning", {"Bucket": name, "VersioningConfiguration": {"Status": "Suspended"}})
    policy = ("delete_bucket_policy", {"Bucket": name})
    requests = (put(name, "new"), get, old, suspend, policy, delete, delete_lock)
    allowed = {
        identity: [answer != "AccessDenied" for answer in store.ask(*requests, identity=identity)]
        for identity in ("stranger", "read", "append", "backup")
    }
    assert allowed == {
        "stranger": [False] * 7,
        "read": [False, True, *[False] * 5],
        "append": [True, True, False, False, False, False, True],
        "backup": [True, True, False, False, False, True, True],
    }
    # Not even who owns the server, before its day.
    assert store.ask(old) == ["AccessDenied"]
    assert store.ask(("get_object", {**where, "VersionId": versions[0]}))[0]["Body"] == "data"


@pytest.mark.parametrize("remove_markers", [True, False], ids=["markers removed", "all copied back"])
def test_what_an_attacker_deletes_and_overwrites_comes_back(store: Store, name: str, remove_markers: bool) -> None:
    store.bucket(name, **LOCKED, grants=GRANTS)
    objects = {f"restic/data/{number}": f"content {number}" for number in range(20)}
    store.ask(*[put(name, key, body) for key, body in objects.items()], identity="backup")
    time.sleep(1.1)
    moment = store.machine.run("date -u +%Y-%m-%dT%H:%M:%SZ").stdout.strip()
    time.sleep(1.1)
    # Everything the host's key may do: overwrite some, delete all that can be seen.
    seen = [row["Key"] for row in store.ask(("list_objects_v2", {"Bucket": name}), identity="backup")[0]["Contents"]]
    attack = [put(name, key, "pay") for key in seen[:5]] + [
        ("delete_object", {"Bucket": name, "Key": key}) for key in seen
    ]
    assert "AccessDenied" not in store.ask(*attack, identity="backup")
    assert store.keys(name) == []
    identity = s3.ADMIN if remove_markers else "backup"
    wish = {"bucket": name, "prefix": "restic", "moment": moment, "remove_markers": remove_markers}
    foreseen = store.call("s3_versions", check=True, **store.access("first", identity), **wish)
    assert store.keys(name) == []
    done = store.call("s3_versions", **store.access("first", identity), **wish)
    assert done["diff"] == foreseen["diff"]
    assert (done["keys"], len(done["diff"])) == (20, 20)
    assert not store.call("s3_versions", **store.access("first", identity), **wish)["changed"]
    answers = store.ask(*[("get_object", {"Bucket": name, "Key": key}) for key in objects])
    assert {key: answer["Body"] for key, answer in zip(objects, answers, strict=True)} == objects


def test_a_moment_that_has_not_been_is_refused(store: Store, name: str) -> None:
    store.bucket(name)
    for moment in ("2999-01-01T00:00:00Z", "2026-01-01T00:00:00", "yesterday"):
        failed = store.call("s3_versions", expect=2, bucket=name, moment=moment, **store.access("first"))
        assert failed["msg"].startswith(f"moment is {moment!r}, allowed is: a moment of the past with its zone")


def test_only_what_is_new_is_copied(store: Store, pair: str) -> None:
    locks = f"restic/locks/{HASH}"
    store.ask(*[put(pair, key) for key in ("restic/config", f"restic/snapshots/{HASH}", locks)])
    predicted = store.replicate(pair, pair, check=True)
    assert store.keys(pair, "second") == []
    done = store.replicate(pair, pair)
    assert done["diff"] == predicted["diff"]
    assert (done["report"]["objects"]["copied"], done["report"]["lag"]["seconds"]) == (2, 0)
    assert store.keys(pair, "second") == ["restic/config", f"restic/snapshots/{HASH}"]
    assert not store.replicate(pair, pair)["changed"]
    store.ask(put(pair, "restic/config", "another"), put(pair, "restic/new"))
    again = store.replicate(pair, pair)["report"]
    assert (again["objects"]["present"], again["objects"]["copied"]) == (1, 2)
    answers = store.ask(
        *[("get_object", {"Bucket": pair, "Key": f"restic/{key}"}) for key in ("config", "new")], region="second"
    )
    assert [answer["Body"] for answer in answers] == ["another", "restic/new"]


def test_large_files_of_a_folder_arrive_in_parts(store: Store, pair: str) -> None:
    store.machine.run(
        f"rm -rf {TREE}; mkdir -p {TREE}/a; head -c 80M /dev/urandom >{TREE}/a/large; : >{TREE}/empty;"
        f" ln -s a/large {TREE}/latest"
    )
    source = {"path": TREE, "endpoint": None, "profile": None, "bucket": None}
    options = {"source": source, "target": {"prefix": "web1"}}
    done = store.replicate("", pair, verify_percent=100, **options)["report"]["objects"]
    assert (done["copied"], done["verified"]) == (2, 2)
    assert not store.replicate("", pair, mode="full", **options)["changed"]
    (listed,) = store.ask(("list_objects_v2", {"Bucket": pair}), region="second")
    assert [row["Key"] for row in listed["Contents"]] == ["web1/a/large", "web1/empty"]
    assert listed["Contents"][0]["ETag"].endswith('-5"')
    read = {"Bucket": pair, "Key": "web1/a/large"}
    (body,) = store.ask(("get_object", read), region="second")
    expected = store.machine.run(f"sha256sum {TREE}/a/large").stdout.split()[0]
    assert body["Sha256"] == expected


def test_a_region_that_goes_away_shows_nothing_half_and_is_continued(store: Store, pair: str) -> None:
    snapshot = f"restic/snapshots/{HASH}"
    store.ask(*[put(pair, f"restic/data/{number}") for number in range(60)], put(pair, snapshot))
    second = store.regions["second"]
    with second.away():
        failed = store.replicate(pair, pair, expect=2)
        assert second.endpoint in failed["msg"]
        assert "\n" not in failed["msg"]
    # So slow that it can be cut in the middle.
    with second.slow(0.3) as unit, ThreadPoolExecutor(1) as pool:
        running = pool.submit(store.replicate, pair, pair, expect=2)
        poll(lambda: store.keys(pair, "second"), seconds=60, what="the first copy")
        store.machine.run(f"systemctl stop {unit}")
        report = running.result()["report"]
    there = store.keys(pair, "second")
    assert 0 < len(there) < 60
    assert snapshot not in there
    assert report["objects"]["failed"] >= 1
    assert 61 - len(there) <= report["lag"]["objects"] <= 61
    assert store.replicate(pair, pair)["report"]["objects"]["copied"] == 61 - len(there)
    assert len(store.keys(pair, "second")) == 61
    with second.slow(0.1):
        assert not store.replicate(pair, pair)["changed"]


def test_wrong_keys_are_one_line_and_never_shown(store: Store, pair: str) -> None:
    wrong = store.replicate(pair, pair, expect=2, target={"profile": "wrong-backup"})["msg"]
    assert "SignatureDoesNotMatch" in wrong
    assert "\n" not in wrong
    missing = store.replicate(pair, pair, expect=2, target={"profile": "nobody"})["msg"]
    assert "profile is 'nobody'" in missing
    for secret in (secret for region in store.regions.values() for keys in region.keys.values() for secret in keys):
        assert secret not in wrong + missing
    store.machine.run(f"chmod 0644 {KEYS}")
    try:
        assert "has mode 0644, allowed is 0400 or 0600" in store.replicate(pair, pair, expect=2)["msg"]
    finally:
        store.machine.run(f"chmod 0400 {KEYS}")


@pytest.mark.parametrize("how", ["on its disk", "by somebody"])
def test_a_damaged_copy_is_found_and_replaced(store: Store, pair: str, how: str) -> None:
    marker = hashlib.sha256(pair.encode()).hexdigest()
    store.machine.run(f"rm -rf {TREE}; mkdir {TREE}; head -c 200000 /dev/urandom >{TREE}/data; : >{TREE}/other")
    store.machine.run(["python3", "-c", f"open('{TREE}/data', 'ab').write(bytes.fromhex('{marker}'))"])
    source = {"path": TREE, "endpoint": None, "profile": None, "bucket": None}
    store.replicate("", pair, source=source)
    second, key = store.regions["second"], {"Bucket": pair, "Key": "data"}
    if how == "on its disk":
        second.stop()
        folder = f"{s3.FOLDER}/{second.name}"
        assert run_python(store.machine, FLIP, marker=marker, folder=folder) == 1
        second.start()
    else:
        (said,) = store.ask(("head_object", key), region="second")
        body = "x" * said["ContentLength"]
        store.ask(("put_object", {**key, "Body": body, "Metadata": said["Metadata"]}), region="second")
    assert not store.replicate("", pair, source=source, verify_percent=0)["changed"]
    found = store.replicate("", pair, source=source, mode="full")
    assert found["diff"][0]["before"] == "data: damaged\n"
    assert found["report"]["objects"]["damaged"] == 1
    assert not store.replicate("", pair, source=source, mode="full")["changed"]
    (body,) = store.ask(("get_object", key), region="second")
    expected = store.machine.run(f"sha256sum {TREE}/data").stdout.split()[0]
    assert body["Sha256"] == expected


def test_a_damaged_source_replaces_nothing(store: Store, pair: str) -> None:
    store.machine.run(f"rm -rf {TREE}; mkdir {TREE}; echo good >{TREE}/data; touch -d 2026-01-01 {TREE}/data")
    source = {"path": TREE, "endpoint": None, "profile": None, "bucket": None}
    store.replicate("", pair, source=source)
    store.machine.run(f"echo evil >{TREE}/data; touch -d 2026-01-01 {TREE}/data")
    key = {"Bucket": pair, "Key": "data"}
    (said,) = store.ask(("head_object", key), region="second")
    store.ask(("put_object", {**key, "Body": "xxxx\n", "Metadata": said["Metadata"]}), region="second")
    failed = store.replicate("", pair, source=source, mode="full", expect=2)
    assert "data is damaged at the source" in failed["msg"]
    assert store.ask(("get_object", key), region="second")[0]["Body"] == "xxxx\n"


def test_a_copy_that_the_source_lost_goes_after_its_time_however_old_it_is(store: Store, pair: str) -> None:
    store.machine.run(f"rm -rf {TREE}; mkdir {TREE}; touch {TREE}/kept {TREE}/kept-too {TREE}/lost")
    options = {"source": {"path": TREE, "endpoint": None, "profile": None, "bucket": None}, "delete_after_days": 1}
    store.replicate("", pair, **options)
    store.machine.run(f"rm {TREE}/lost")
    assert store.replicate("", pair, **options)["report"]["objects"]["deleted"] == 0
    assert not store.replicate("", pair, **options)["changed"]
    assert store.keys(pair, "second") == ["kept", "kept-too", "lost", MISSED]
    # As if it had been missed for two days.
    body = json.dumps({"schema": 1, "missed": {"lost": "2026-01-01T00:00:00Z"}})
    store.ask(put(pair, MISSED, body), region="second")
    assert store.replicate("", pair, **options)["report"]["objects"]["deleted"] == 1
    assert store.keys(pair, "second") == ["kept", "kept-too", MISSED]
    store.ask(put(pair, MISSED, "rubbish"), region="second")
    assert f"{MISSED} at the target is not what was written" in store.replicate("", pair, expect=2, **options)["msg"]
