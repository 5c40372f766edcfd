# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""restic on a real host: what is stored comes back as it was, and what is broken, locked or refused is said.

Other programs than ours look: rsync compares trees, restic itself lists, grep searches the repository's files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.steward.platform.tests.support.data_services import pack, run_python
from ansible_collections.steward.platform.tests.support.machines import Machine, poll
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner, PlayResult

PLACE = "/var/backups/steward"
PASSWORD_FILE = "/etc/steward/backup/restic-password"
MAIN = {"name": "main", "type": "posix", "path": PLACE}
MARKER = "planted-marker-5d41402abc4b2a76"
TREE = "/srv/tree"
# Names that a shell, a terminal or JSON could stumble over, and all that a file may be.
MAKE_TREE = rf"""
set -e
rm -rf {TREE}; mkdir -p {TREE}/empty {TREE}/deep/er; cd {TREE}
echo {MARKER} > plain
printf 'a' > "$(printf 'line\nfeed')"; printf 'b' > 'blank "quoted" $HOME'
printf 'c' > "$(printf 'latin-\351')"; printf d > ünïcode; printf e > -rf
head -c 3000000 /dev/urandom > deep/random
ln plain deep/hard; ln -s ../nowhere deep/dangling; mkfifo deep/fifo
truncate -s 5M sparse; printf end >> sparse
chown 10001:10002 deep/random; chmod 4711 deep/random; chmod 0700 empty; chown 33:33 empty
setfattr -n user.note -v 'kept too' plain; setfacl -m u:33:r plain
touch -d '2001-02-03 04:05:06.123456789' deep/random deep
"""


@pytest.fixture(scope="module")
def store(host: Callable[..., Machine]) -> Machine:
    machine = host("restic")
    packages = "restic attr acl rsync"
    install = f"DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends {packages}"
    machine.run(f"dpkg -s {packages} >/dev/null 2>&1 || {{ apt-get update -q && {install}; }}")
    machine.run(f"umount {PLACE}/restic/*/snapshots 2>/dev/null; rm -rf {PLACE} /srv/back* /var/cache/steward; true")
    machine.run("mkdir -p /etc/steward/backup /var/backups; chmod 0700 /etc/steward/backup")
    machine.run(f"umask 377; rm -f {PASSWORD_FILE}; head -c 32 /dev/urandom | base64 > {PASSWORD_FILE}")
    machine.run(MAKE_TREE)
    pack(machine, "restic")
    return machine


Run = Callable[..., PlayResult]


@pytest.fixture(scope="module")
def task(store: Machine, inventory: Callable[..., Path], ansible_playbook: PlaybookRunner) -> Run:
    """Runs one module; ``host`` names the repository."""
    file = inventory({"all": [store]})

    def run(module: str, options: Mapping[str, Any] | None = None, *, host: str = "web1", **given: Any) -> PlayResult:
        arguments = {"repository": MAIN, "host": host, "wait": 1, **(options or {})}
        play = {
            "hosts": "all",
            "gather_facts": False,
            "tasks": [{"name": "Do", f"steward.platform.{module}": arguments}],
        }
        return ansible_playbook([play], inventory=file, **given)

    return run


@pytest.fixture(scope="module", autouse=True)
def made(task: Run) -> None:
    """A repository with one snapshot of the tree."""
    predicted = task("restic_repository", check=True, diff=True)
    done = task("restic_repository", diff=True)
    assert differences(predicted) == differences(done) != ""
    assert done.changed
    assert not task("restic_repository").changed


def differences(play: PlayResult) -> str:
    """What a play printed of its one task."""
    return play.output.partition("TASK [Do]")[2].partition("changed: ")[0]


def call(store: Machine, code: str, *, repository: Mapping[str, Any] | None = None, host: str = "web1") -> Any:
    """What the client's Python returns or raises on the host, in a fresh process and without Ansible."""
    program = f"""
import sys
sys.path.insert(0, "/tmp/steward-package")
from steward.core.errors import StewardError
from steward.restic import client, model
repository = model.build_repository(given["repository"], host=given["host"])
try:
    answer = {code}
except StewardError as error:
    answer = {{"error": type(error).__name__, "message": str(error)}}
"""
    return run_python(store, program, repository=repository or MAIN, host=host)


def restic(store: Machine, words: str, *, host: str = "web1", **given: Any) -> str:
    line = f"restic --repo {PLACE}/restic/{host} --password-file {PASSWORD_FILE} --no-cache {words}"
    return store.run(line, **given).stdout


def ids(store: Machine, host: str = "web1") -> list[str]:
    return [row["id"] for row in json.loads(restic(store, "snapshots --json", host=host)) or []]


def compare(store: Machine, one: str, other: str) -> str:
    """What rsync finds different: content, owner, mode, time, links, xattrs and ACLs."""
    return store.run(f"rsync -naiHAX --checksum --numeric-ids --delete {one}/ {other}/").stdout


def backup(
    store: Machine, host: str = "web1", paths: str = TREE, repository: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    given = {"part": "data", "paths": [paths], "tags": {"part": "data"}, "host": host}
    result = call(store, f"client.backup_paths(repository, **{given!r})", host=host, repository=repository)
    assert isinstance(result, dict)
    return result


@pytest.fixture
def own(store: Machine) -> Callable[[str], str]:
    """A repository of its own for a test that breaks it."""

    def make(host: str) -> str:
        store.run(f"umount {PLACE}/restic/{host}/snapshots 2>/dev/null; rm -rf {PLACE}/restic/{host}", check=False)
        assert call(store, "client.initialise(repository)", host=host) is None
        return f"{PLACE}/restic/{host}"

    return make


def test_what_was_stored_comes_back_as_it_was(store: Machine, task: Run) -> None:
    wish = {"part": "data", "paths": [TREE], "optional_paths": ["/srv/absent"], "max_age": 3600}
    predicted = task("restic_backup", wish, check=True, diff=True)
    assert ids(store) == []
    done = task("restic_backup", wish, diff=True)
    assert differences(predicted) == differences(done) != ""
    result = done.result("Do")["result"]
    assert ids(store) == [result["id"]]
    assert (result["engine"], result["repository"], result["kind"]) == ("restic", "main", "snapshot")
    assert result["files"] == len(store.run(f"find {TREE} -type f -printf x").stdout)
    assert result["size"] > result["added"] > 3000000
    assert result["details"] == {"warnings": [], "warnings_total": 0, "paths": [TREE], "absent": ["/srv/absent"]}
    assert not task("restic_backup", wish).changed

    back = {"snapshot": result["id"], "target": "/srv/back", "subfolder": TREE}
    predicted = task("restic_restore", back, check=True, diff=True)
    assert store.run("test -e /srv/back", check=False).returncode != 0
    done = task("restic_restore", back, diff=True)
    assert differences(predicted) == differences(done) != ""
    assert "/deep/hard" in predicted.result("Do")["items"]
    assert compare(store, TREE, "/srv/back") == ""
    assert store.run("stat -c %h /srv/back/plain").stdout == "2\n"
    assert 'note="kept too"' in store.run("getfattr -d /srv/back/plain").stdout

    nowhere = task("restic_restore", {**back, "target": "/srv/no/where"}, expect=2, check=True).result("Do")["msg"]
    assert nowhere == "target is /srv/no/where, and the directory in which it would appear does not exist"
    refused = task("restic_restore", back, expect=2)
    assert "target is /srv/back, which is not empty" in refused.result("Do")["msg"]
    store.run("echo changed > /srv/back/plain; rm /srv/back/sparse")
    task("restic_restore", {**back, "overwrite": True})
    # The directory itself stays what it was, but something was written into it.
    assert compare(store, TREE, "/srv/back") == ".d..t...... ./\n"


def test_an_unchanged_tree_adds_nearly_nothing(store: Machine, task: Run) -> None:
    again = task("restic_backup", {"part": "data", "paths": [TREE], "tags": {"set": "20260102_000000"}})
    assert again.result("Do")["result"]["added"] < 10000
    listed = task("restic_snapshot_info", {"tags": {"set": "20260102_000000"}})
    assert [row["id"] for row in listed.result("Do")["snapshots"]] == [again.result("Do")["result"]["id"]]
    assert len(task("restic_snapshot_info").result("Do")["snapshots"]) == len(ids(store)) == 2


def test_paths_that_would_store_nothing_are_refused(store: Machine, task: Run) -> None:
    before = ids(store)
    missing = task("restic_backup", {"part": "data", "paths": [TREE, "/srv/absent"]}, expect=2)
    assert missing.result("Do")["msg"].startswith("there is nothing to back up at /srv/absent. ")
    store.run("ln -sfn /srv/tree /srv/link")
    link = task("restic_backup", {"part": "data", "paths": ["/srv/link"]}, expect=2, check=True)
    assert "a symbolic link would be stored in place of what it points to: /srv/link" in link.result("Do")["msg"]
    nothing = task("restic_backup", {"part": "data", "optional_paths": ["/srv/absent"]}, expect=2)
    assert "none of the optional paths is there" in nothing.result("Do")["msg"]
    assert ids(store) == before


def test_an_unreadable_file_is_a_warning_in_the_result(store: Machine) -> None:
    # The kernel refuses to read it even to root.
    result = backup(store, paths="/proc/1/mem")
    assert result["id"] in ids(store)
    assert result["details"]["warnings_total"] >= 1
    assert "/proc/1/mem: read /proc/1/mem: input/output error" in result["details"]["warnings"][0]


def test_another_password_is_one_line(store: Machine, task: Run) -> None:
    store.run("umask 377; rm -f /root/wrong; echo wrong > /root/wrong")
    repository = {**MAIN, "password_file": "/root/wrong"}
    refused = task("restic_repository", {"repository": repository}, expect=2).result("Do")["msg"]
    assert refused.startswith(
        f"the restic repository {PLACE}/restic/web1 (main) does not accept the password in /root/wrong. "
    )
    assert "\n" not in refused
    absent = task("restic_snapshot_info", host="nobody", expect=2).result("Do")["msg"]
    assert absent.startswith(f"there is no restic repository at {PLACE}/restic/nobody (main). ")


def test_the_repository_shows_nothing_without_its_key(store: Machine) -> None:
    search = f"grep -rlaF {MARKER}"
    assert store.run(f"{search} {TREE}").stdout.split() == [f"{TREE}/deep/hard", f"{TREE}/plain"]
    assert store.run(f"{search} {PLACE} /var/cache/steward", check=False).stdout == ""
    # Names are as secret as contents.
    assert store.run(f"grep -rlaF dangling {PLACE}", check=False).stdout == ""


def test_a_stream_is_stored_whole_or_not_at_all(store: Machine) -> None:
    tags = {"set": "20260103_000000", "part": "manifest"}
    given = {"part": "manifest", "filename": "manifest.json", "tags": tags, "host": "web1"}
    document = json.dumps({"größe": 1})
    result = call(store, f"client.backup_stream(repository, producer={document.encode()!r}, **{given!r})")
    assert (result["size"], result["files"]) == (len(document.encode()), 1)
    assert call(store, f"client.dump(repository, snapshot={result['id']!r}, path='/manifest.json')") == document
    before = ids(store)
    produced = call(store, f"client.backup_stream(repository, producer=['seq', '300000'], **{given!r})")
    path = f"client.dump_file(repository, snapshot={produced['id']!r}, path='/manifest.json', target='/root/dumped')"
    assert call(store, path) is None
    assert store.run("seq 300000 | cmp - /root/dumped && stat -c %a:%U /root/dumped").stdout == "600:root\n"
    failed = call(store, f"client.backup_stream(repository, producer=['sh', '-c', 'seq 9; exit 3'], **{given!r})")
    assert "command failed: exit status 3" in failed["message"]
    assert len(ids(store)) == len(before) + 1
    wrong = call(store, f"client.dump(repository, snapshot={result['id']!r}, path='/other')")
    assert 'path "/other" not found in snapshot' in wrong["message"]


def test_a_killed_backup_leaves_nothing_to_see_and_nothing_in_the_way(store: Machine, own: Any) -> None:
    folder = own("killed")
    slow = {**MAIN, "limit_upload": 20}
    code = f"client.backup_paths(repository, part='data', paths=['{TREE}'], tags={{}}, host='killed')"
    program = f"""
import sys
sys.path.insert(0, "/tmp/steward-package")
from steward.restic import client, model
repository = model.build_repository({slow!r}, host="killed")
{code}
"""
    store.run("cat > /root/slow.py", input=program)
    store.run("systemd-run --quiet --unit=slow-backup --collect python3 /root/slow.py")
    poll(lambda: store.run(f"ls {folder}/locks").stdout, seconds=30, what="the running backup")
    # While it runs, nobody takes the repository from it.
    pruned = call(store, "client.prune(repository, wait=1)", host="killed")
    assert pruned["error"] == "BusyError"
    assert f"the restic repository {folder} (main) is in use: PID " in pruned["message"]
    poll(lambda: store.run(f"find {folder}/data -type f").stdout, seconds=30, what="the first stored data")
    store.run("systemctl kill --signal=SIGKILL slow-backup.service")
    poll(lambda: store.run("pgrep -x restic", check=False).returncode, seconds=10, what="its end")
    assert store.run(f"ls {folder}/locks").stdout
    assert ids(store, "killed") == []
    assert backup(store, "killed")["id"] in ids(store, "killed")
    # This one wants the repository for itself, and removes the dead one's lock.
    assert call(store, "client.prune(repository, wait=20)", host="killed") is None
    assert store.run(f"ls {folder}/locks").stdout == ""
    assert "no errors were found" in restic(store, "check --read-data", host="killed")


@pytest.mark.parametrize(
    "damage",
    ["truncate -s 1M $pack", "printf '\\377\\377' | dd of=$pack bs=1 seek=1000 conv=notrunc status=none"],
    ids=["truncated", "bits flipped"],
)
def test_a_damaged_repository_is_red(store: Machine, task: Run, own: Any, damage: str) -> None:
    folder = own("damaged")
    snapshot = backup(store, "damaged")["id"]
    whole = task("restic_check", {"read_data_subset": "100%"}, host="damaged").result("Do")
    assert (whole["sound"], whole["errors"], whole["damaged_packs"]) == (True, [], [])
    store.run(f"pack=$(ls -S {folder}/data/*/* | head -n 1); chmod u+w $pack; {damage}")
    red = task("restic_check", {"read_data_subset": "100%"}, host="damaged", expect=2).result("Do")
    assert f"the restic repository {folder} (main) is damaged: pack " in red["msg"]
    assert (red["sound"], len(red["damaged_packs"])) == (False, 1)
    assert (
        task("restic_check", {"read_data_subset": "100%", "fail": False}, host="damaged").result("Do")["sound"] is False
    )
    restored = call(store, f"client.restore(repository, snapshot={snapshot!r}, target='/srv/back2')", host="damaged")
    assert "restic restore on" in restored["message"]
    store.run("rm -rf /srv/back2")


def test_a_refused_deletion_is_noticed(store: Machine, own: Any) -> None:
    folder = own("kept")
    one, other = backup(store, "kept")["id"], backup(store, "kept")["id"]
    forget = f"client.forget(repository, ids=[{one!r}])"
    store.run(f"mount --bind {folder}/snapshots {folder}/snapshots && mount -o remount,ro,bind {folder}/snapshots")
    refused = call(store, f"setattr(client, 'FORGET_SECONDS', 5) or {forget}", host="kept")
    store.run(f"umount {folder}/snapshots")
    assert refused["message"].startswith(f"1 of 1 snapshots could not be forgotten and are still there: {one[:8]}. ")
    assert sorted(ids(store, "kept")) == sorted([one, other])
    assert call(store, forget, host="kept") is None
    assert ids(store, "kept") == [other]
    unknown = call(store, forget, host="kept")
    assert unknown["message"] == f"the repository has no snapshot {one}"


def test_progress_is_told(store: Machine, own: Any) -> None:
    own("watched")
    slow = {**MAIN, "limit_upload": 800}
    words = f"part='data', paths=['{TREE}'], tags={{}}, host='watched'"
    code = f"(client.backup_paths(repository, {words}, progress=seen.append), [one.done for one in seen])"
    seen = call(
        store,
        f"(lambda seen: {code})([])[1]",
        repository=slow, host="watched",
    )  # fmt: skip
    assert len(seen) >= 2
    assert all(0 <= done <= 1 for done in seen)


def test_nothing_to_restore_is_an_error(store: Machine, task: Run) -> None:
    given = {"snapshot": ids(store)[0], "target": "/srv/back3", "include": ["/srv/other"]}
    refused = task("restic_restore", given, expect=2).result("Do")["msg"]
    assert "has nothing to restore to /srv/back3" in refused


def test_no_secret_is_in_arguments_or_environment(store: Machine, own: Any) -> None:
    own("looked")
    slow = {**MAIN, "limit_upload": 20}
    program = f"""
import sys
sys.path.insert(0, "/tmp/steward-package")
from steward.restic import client, model
repository = model.build_repository({slow!r}, host="looked")
client.backup_paths(repository, part="data", paths=["{TREE}"], tags={{}}, host="looked")
"""
    store.run("cat > /root/slow.py", input=program)
    store.run("systemd-run --quiet --unit=looked-backup --collect python3 /root/slow.py")
    # Not the one before it, which only says its version.
    find = "pgrep -ax restic | grep -w backup | cut -d' ' -f1 | head -n 1"
    pid = poll(lambda: store.run(find).stdout, seconds=30, what="the running backup").strip()
    shown = store.run(f"cat /proc/{pid}/cmdline /proc/{pid}/environ").stdout
    store.run("systemctl stop looked-backup.service")
    password = store.run(f"cat {PASSWORD_FILE}").stdout.strip()
    assert PASSWORD_FILE in shown
    assert password not in shown


def test_a_repository_over_ssh_trusts_known_servers_only(store: Machine) -> None:
    store.run(
        "id keeper >/dev/null 2>&1 || useradd --create-home --shell /bin/sh keeper; rm -rf /home/keeper/* /root/sftp*; "
        "ssh-keygen -q -t ed25519 -N '' -f /root/sftp && install -D -o keeper -m 0600 /root/sftp.pub "
        "/home/keeper/.ssh/authorized_keys && chown keeper /home/keeper/.ssh; touch /root/sftp.known"
    )
    far = {
        "name": "far", "type": "sftp", "host": "127.0.0.1", "user": "keeper", "path": "/home/keeper/store",
        "identity_file": "/root/sftp", "known_hosts_file": "/root/sftp.known",
    }  # fmt: skip

    def refused() -> str:
        return str(call(store, "client.initialise(repository)", repository=far)["message"])

    # What ssh says comes by way of restic, which on a busy machine ends before it has come.
    poll(lambda: "Host key verification failed" in refused(), seconds=60, what="ssh's own reason")
    assert not store.run("ls -A /home/keeper/store", check=False).stdout
    store.run("ssh-keyscan -t ed25519 127.0.0.1 > /root/sftp.known 2>/dev/null")
    assert call(store, "client.initialise(repository)", repository=far) is None
    result = backup(store, repository=far)
    assert result["repository"] == "far"
    listed = store.run(
        f"restic --repo /home/keeper/store/restic/web1 --password-file {PASSWORD_FILE} --no-cache snapshots"
    )
    assert result["id"][:8] in listed.stdout
