# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module on a real host: what it predicts, what it writes, what it keeps to itself, what it puts back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.steward.platform.tests.support.machines import Machine, poll
from ansible_collections.steward.platform.tests.support.playbooks import PlaybookRunner, PlayResult

FOLDER = "/srv/config-set"
SECRETS = ("first-Secret-4711", 'second_Secret=line\'s "0815-quoted"')
Play = Callable[..., PlayResult]

ROLE: dict[str, Any] = {
    "tasks/main.yml": [
        {
            "name": "Write the set",
            "steward.platform.config_set": {
                "base": FOLDER,
                "directories": [{"path": FOLDER}, {"name": "sub", "mode": "0750", "group": "daemon"}],
                "files": [
                    {"path": "plain.conf", "template": "plain.conf.j2", "vars": {"who": "one"}},
                    {"path": "other.conf", "template": "plain.conf.j2", "vars": {"who": "two"}, "group": "daemon"},
                    {"path": "sub/key", "secret_content": "{{ secret_text }}", "mode": "0600"},
                    {"path": "merged.json", "merge_json": {"ours": True}},
                ],
                "links": [{"path": "current", "target": "plain.conf"}],
                "absent": ["stale"],
                "check": "{{ checks }}",
                "reload": [["touch", f"{FOLDER}.reloaded"]],
            },
        }
    ],
    "templates/plain.conf.j2": "# {{ ansible_managed }}\n{{ who }} {{ word }}\n",
}


@pytest.fixture(scope="module")
def cfg(host: Callable[..., Machine]) -> Machine:
    return host("cfg")


@pytest.fixture(scope="module")
def play(
    cfg: Machine,
    inventory: Callable[..., Path],
    ansible_playbook: PlaybookRunner,
    tmp_path_factory: pytest.TempPathFactory,
) -> Play:
    """Runs the role ``caller`` above, or other tasks, on the host."""
    roles = tmp_path_factory.mktemp("roles")
    for name, content in ROLE.items():
        path = roles / "caller" / name
        path.parent.mkdir(parents=True)
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    hosts = inventory({"all": [cfg]})
    defaults = {"secret_text": "\n".join(SECRETS), "word": "hello", "checks": []}

    def run(tasks: list[Mapping[str, Any]] | None = None, **given: Any) -> PlayResult:
        what = {"roles": ["caller"]} if tasks is None else {"tasks": tasks}
        variables = {**defaults, **given.pop("variables", {})}
        return ansible_playbook(
            [{"hosts": "all", "gather_facts": False, **what}],
            inventory=hosts,
            variables=variables,
            env={"ANSIBLE_ROLES_PATH": str(roles)},
            **given,
        )

    return run


@pytest.fixture
def fresh(cfg: Machine) -> Machine:
    cfg.run(f"rm -rf {FOLDER} {FOLDER}.reloaded && install -d {FOLDER} && echo old > {FOLDER}/stale")
    cfg.run(f"""printf '{{"theirs": 1}}' > {FOLDER}/merged.json""")
    return cfg


def tree(machine: Machine) -> str:
    """Every path with everything a put back must bring back, even the inode."""
    return machine.run(f"find {FOLDER}* -printf '%p %i %M %u %g %l %s %C@\\n' | sort").stdout


def differences(output: str) -> str:
    found = re.findall(r"^--- before.*?(?=^changed: )", output, re.DOTALL | re.MULTILINE)
    assert len(found) == 1, output
    return str(found[0])


def test_check_mode_tells_the_truth_and_a_second_run_changes_nothing(fresh: Machine, play: Play) -> None:
    before = tree(fresh)
    predicted = play(check=True, diff=True)
    assert tree(fresh) == before
    real = play(diff=True)
    assert differences(predicted.output) == differences(real.output)
    done = real.result("Write the set")
    assert predicted.result("Write the set") == done
    assert [path.removeprefix(FOLDER) for path in done["changed_paths"]] == [
        "/sub",
        "/plain.conf",
        "/other.conf",
        "/sub/key",
        "/merged.json",
        "/current",
        "/stale",
    ]
    after = tree(fresh)
    again = play().result("Write the set")
    assert not again["changed"]
    assert tree(fresh) == after


def test_what_was_asked_is_there(fresh: Machine, play: Play) -> None:
    play()
    shown = fresh.run(
        f"cd {FOLDER} && stat -c '%n %a %U %G' sub sub/key *.conf && readlink current && cat *.conf sub/key"
    )
    assert shown.stdout == (
        "sub 750 root daemon\nsub/key 600 root root\nother.conf 644 root daemon\nplain.conf 644 root root\nplain.conf\n"
        "# Ansible managed\ntwo hello\n# Ansible managed\none hello\n" + "\n".join(SECRETS)
    )
    merged = yaml.safe_load(fresh.run(f"cat {FOLDER}/merged.json").stdout)
    assert merged == {"theirs": 1, "ours": True}
    assert fresh.run(f"ls -A {FOLDER} {FOLDER}/sub | grep steward", check=False).stdout == ""
    assert fresh.run(f"test -e {FOLDER}.reloaded && test ! -e {FOLDER}/stale").returncode == 0


def test_secrets_are_in_no_output_and_no_journal(fresh: Machine, play: Play) -> None:
    since = fresh.run("date +%s").stdout.strip()
    word = f"shown-{since}"
    output = play(variables={"word": word}, diff=True, options=["-vvv"]).output
    output += play(variables={"word": word, "checks": [["cat", f"{FOLDER}/sub/key"], ["false"]]}, diff=True).output
    refused = [["sh", "-c", f"cat {FOLDER}/sub/key >&2; false"]]
    changed = {"word": "other", "secret_text": "\n".join(SECRETS) + "\nmore", "checks": refused}
    output += play(variables=changed, diff=True, options=["-vvv"], expect=2).output
    journal = fresh.run(f"journalctl --since=@{since} --output=cat").stdout
    for piece in ("first-Secret", "4711", "second_Secret", "line's", "0815", "quoted"):
        assert piece in "\n".join(SECRETS)
        assert piece not in output
        assert piece not in journal
    # The same search finds what is no secret, so it does look where secrets would be.
    assert word in output
    assert word in journal


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "validate": (
        {"validate": ["grep", "-q", "never", "%s"]},
        f"the new {FOLDER}/a is not valid: grep -q never {FOLDER}/a ended with 1",
    ),
    "check": ({"check": [["false"]]}, "false ended with 1"),
    "reload": ({"reload": [["false"]]}, "The reload after that failed too: false ended with 1"),
}


def test_whatever_refuses_everything_comes_back(fresh: Machine, play: Play) -> None:
    before = without_times(tree(fresh))
    tasks = []
    for name, (settings, _message) in REFUSALS.items():
        options = {
            "base": FOLDER,
            "directories": [{"path": "made"}, {"path": FOLDER, "mode": "0700"}],
            "files": [
                {"path": "a", "content": "new\n", "validate": settings.get("validate", [])},
                {"path": "stale", "content": "replaced\n", "mode": "0600", "group": "daemon"},
                {"path": "made/b", "content": "new\n"},
            ],
            "links": [{"path": "l", "target": "a"}],
            "absent": ["merged.json"],
            **{key: value for key, value in settings.items() if key != "validate"},
        }
        tasks.append({"name": name, "steward.platform.config_set": options, "ignore_errors": True})
        look = {"argv": ["find", FOLDER, "-printf", "%p %i %M %u %g %l %s -\\n"]}
        tasks.append({"name": f"after {name}", "ansible.builtin.command": look})
    result = play(tasks)
    assert len(result.failed) == 0
    for name, (_settings, message) in REFUSALS.items():
        refused = result.result(name)
        assert message in refused["msg"]
        assert "Everything was put back as it was." in refused["msg"]
        assert sorted(result.result(f"after {name}")["stdout_lines"]) == before


def without_times(shown: str) -> list[str]:
    """All but the time of the last status change, which putting back does touch."""
    return sorted(re.sub(r" \S+$", " -", line) for line in shown.splitlines())


def test_the_ssh_daemon_refuses_and_goes_on(cfg: Machine, play: Play) -> None:
    path = "/etc/ssh/sshd_config.d/60-config-set.conf"

    def task(line: str) -> list[dict[str, Any]]:
        options = {
            "files": [{"path": path, "content": line}],
            "check": [["sshd", "-t"]],
            "reload": [["systemctl", "reload", "ssh.service"]],
        }
        return [{"name": "Set", "steward.platform.config_set": options}]

    try:
        assert play(task("MaxAuthTries 5\n")).result("Set")["changed"]
        refused = play(task("MaxAuthTrees 3\n"), expect=2).result("Set")
        assert "Bad configuration option: MaxAuthTrees" in refused["msg"]
        assert cfg.run(["sshd", "-T"]).stdout.count("maxauthtries 5\n") == 1
    finally:
        cfg.run(f"rm -f {path} && systemctl reload ssh.service")
        # A reload of sshd closes its port for a moment.
        poll(lambda: cfg.run("true", check=False).returncode == 0, seconds=30, what="sshd after its reload")


def test_a_run_that_died_is_finished_by_the_next(fresh: Machine, play: Play) -> None:
    """The check kills the module's process: files are published, the reload never ran."""
    fresh.run(f"touch {FOLDER}.deadly")
    deadly = ["sh", "-c", f"rm {FOLDER}.deadly 2>/dev/null && kill -9 $PPID; true"]
    play(variables={"checks": [deadly]}, expect=2)
    assert "hello" in fresh.run(f"cat {FOLDER}/plain.conf").stdout
    assert fresh.run(f"test -e {FOLDER}.reloaded", check=False).returncode == 1
    again = play(variables={"checks": [deadly]}).result("Write the set")
    assert again["changed"]
    assert again["changed_paths"] == []
    assert fresh.run(f"test -e {FOLDER}.reloaded").returncode == 0
    assert not play(variables={"checks": [deadly]}).result("Write the set")["changed"]


REFUSED: dict[str, dict[str, Any]] = {
    "the directory /nowhere does not exist": {"files": [{"path": "/nowhere/x", "content": ""}]},
    "the user nosuch does not exist": {"files": [{"path": "/srv/x", "content": "", "owner": "nosuch"}]},
    "the mode '420' is not four octal digits": {"files": [{"path": "/srv/x", "content": "", "mode": 420}]},
    "besides template a.j2": {"files": [{"path": "/srv/x", "template": "a.j2", "content": ""}]},
    "the template file nosuch.j2 could not be found": {"files": [{"path": "/srv/x", "template": "nosuch.j2"}]},
    "files is not a list of dictionaries": {"files": "/srv/x"},
}


def test_bad_input_names_itself(cfg: Machine, play: Play) -> None:
    result = play(
        [
            {"name": message, "steward.platform.config_set": options, "ignore_errors": True}
            for message, options in REFUSED.items()
        ]
    )
    for message in REFUSED:
        assert message in result.result(message)["msg"]
    assert cfg.run("test -e /srv/x", check=False).returncode == 1
