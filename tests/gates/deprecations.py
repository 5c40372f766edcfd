# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let this interpreter's ansible-core read all playbooks, roles and documentation; its warnings about us are failures.

Ansible has no switch that makes deprecations errors, so what it says is read. Roles are entered by every entry point of
their specification, statically, so that every task file is parsed and not only those a playbook happens to reach.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
NAME = "steward.platform"
DOCUMENTED = {"module": "modules", "filter": "filter", "lookup": "lookup"}
WARNING = re.compile(r"^\[(?:DEPRECATION WARNING|WARNING)\]: .*?(?=^\[|^\s*$|\Z)", re.MULTILINE | re.DOTALL)


def warnings_about_us(output: str, *roots: str) -> list[str]:
    """Each warning on our collection or a file below ``roots``, virtual environments apart, on one line."""
    below = [re.compile(re.escape(root) + r"/(?!\.venv)") for root in roots]
    found = (" ".join(block.split()) for block in WARNING.findall(output))
    return [block for block in found if NAME in block or any(root.search(block) for root in below)]


def deprecations_about_us(output: str, *roots: str) -> list[str]:
    """Of the warnings about us, those that tell what will not work any more."""
    return [block for block in warnings_about_us(output, *roots) if block.startswith("[DEPRECATION WARNING]")]


def role_entries(root: Path) -> Iterator[tuple[str, str]]:
    """Role and entry point, for all specifications."""
    for spec in sorted(root.glob("roles/*/meta/argument_specs.yml")):
        for entry in yaml.safe_load(spec.read_text())["argument_specs"]:
            yield spec.parents[1].name, entry


def import_playbook(entries: Sequence[tuple[str, str]]) -> str:
    tasks = [
        {
            "name": f"Read {role} {entry}",
            "ansible.builtin.import_role": {"name": f"{NAME}.{role}", "tasks_from": entry},
        }
        for role, entry in entries
    ]
    return yaml.safe_dump([{"name": "Read every role", "hosts": "all", "gather_facts": False, "tasks": tasks}])


def documented_names(root: Path, kind: str) -> list[str]:
    paths = (path for suffix in ("py", "yml") for path in root.glob(f"plugins/{DOCUMENTED[kind]}/*.{suffix}"))
    return sorted({f"{NAME}.{path.stem}" for path in paths if path.stem != "__init__"})


class Reader:
    """Runs Ansible's programs and collects what they complain about."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        # Collections of others are installed once, beside the first environment's ansible-core.
        bundled = sorted(str(path) for path in ROOT.glob(".venv/lib/python3*/site-packages"))
        self._env = {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": ":".join([str(ROOT / ".collections"), *bundled]),
            "ANSIBLE_DEPRECATION_WARNINGS": "1",
            "COLUMNS": "10000",
        }

    def read(self, program: str, *arguments: str) -> str:
        argv = [str(Path(sysconfig.get_path("scripts")) / program), *arguments]
        done = subprocess.run(argv, cwd=ROOT, env=self._env, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self.problems.append(f"{program} {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}")
        self.problems += warnings_about_us(done.stderr, str(ROOT))
        return done.stdout


def main() -> int:
    reader = Reader()
    playbooks = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("playbooks/*.yml"))
    entries = list(role_entries(ROOT))
    inventory = "inventories/demo"
    with tempfile.TemporaryDirectory() as folder:
        everything = Path(folder) / "roles.yml"
        everything.write_text(import_playbook(entries))
        reader.read("ansible-playbook", "--syntax-check", "-i", inventory, *playbooks, str(everything))
    roles = sorted({f"{NAME}.{role}" for role, _entry in entries})
    seen = json.loads(reader.read("ansible-doc", "-t", "role", "--json", *roles) or "{}")
    reader.problems += [f"{role}: ansible-doc finds no documentation" for role in roles if role not in seen]
    documented = 0
    for kind in DOCUMENTED:
        names = documented_names(ROOT, kind)
        if names:
            seen = json.loads(reader.read("ansible-doc", "-t", kind, "--json", *names) or "{}")
            reader.problems += [f"{name}: ansible-doc finds no {kind}" for name in names if name not in seen]
            documented += len(seen)
    sys.stdout.write("".join(f"{problem}\n" for problem in dict.fromkeys(reader.problems)))
    sys.stdout.write(f"{len(playbooks)} playbooks, {len(entries)} role entry points, {documented} plugins read\n")
    return 1 if reader.problems or not playbooks or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
