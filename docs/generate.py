# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write what follows from the tables: manuals of the model, the deploy options and the command, and a specification.

``make docs`` writes them; the contracts tell what is out of date.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.steward.platform.plugins.module_utils.cli.main import VERBS, build_parser
from ansible_collections.steward.platform.plugins.module_utils.core.schema import Field
from ansible_collections.steward.platform.plugins.module_utils.platform_model.model import VARIABLES
from ansible_collections.steward.platform.plugins.module_utils.release.model import OPTIONS, PROCEDURES

ROOT = Path(__file__).resolve().parent.parent
HEADER = "<!-- Made by docs/generate.py from the tables in plugins/module_utils; change them, not this. -->\n"
ANSIBLE_TYPES = {
    "text": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "list": "list",
    "object": "dict",
    "map": "dict",
}
MODEL_INTRODUCTION = """\
# The platform model

What an inventory says about a platform. Each variable stands in `group_vars`, but for `platform_private_address`,
which each host has for itself. A name that is not here is refused, so a misspelt one cannot be ignored.
`inventories/demo` is a complete example.
"""
OPTIONS_INTRODUCTION = """\
# Options of a deploy

Given for one run: `ansible-playbook playbooks/deploy.yml -i inventories/demo -e deploy_observe=60`.
A name that is not here is refused.
"""

PROCEDURE_INTRODUCTIONS = {
    "rollback": """\
`ansible-playbook playbooks/rollback.yml -i inventories/demo` goes back to the last good release, and asks before it
does; `-e confirm=<id>` answers beforehand, for when nobody is there to ask. `deploy_observe` is 0 unless it is given.
""",
    "restore": """\
`ansible-playbook playbooks/restore.yml -i inventories/demo` brings data back to a set or a moment. It shows the sets,
asks what is meant, shows the plan and asks again; `-e restore_scope=database_only -e confirm=<platform>` answers
beforehand. What was live before is kept until `steward restore accept` on the host, or `steward restore undo`.
""",
    "scale": """\
`ansible-playbook playbooks/scale.yml -i inventories/demo -e service=isp-framework -e replicas=3` changes the number of
replicas without losing a request. Later deploys keep it until the inventory's own number changes.
""",
    "restart": """\
`ansible-playbook playbooks/restart.yml -i inventories/demo -e service=isp-framework` gives a service fresh containers,
beside those that serve: no request and no job is lost.
""",
    "rotation": """\
`ansible-playbook playbooks/rotate_credentials.yml -i inventories/demo` replaces passwords and keys, and asks before it
does; `-e confirm=<platform>` answers beforehand. See [rotate-credentials.md](rotate-credentials.md).
""",
    "update_system": """\
`ansible-playbook playbooks/update_system.yml -i inventories/demo` updates Debian's packages, see
[system-update.md](system-update.md).
""",
}

COMMAND_INTRODUCTION = """\
# The command `steward` on a host

`sudo steward VERB`, on any host of a platform; `--help` after each tells more. It acts on this host only, and knows of
it what the role `host_agent` wrote to `/etc/steward/steward.json`.

- A verb with `--json` shows a table on a terminal, and otherwise, or with `--json`, one JSON document with its
  `schema`.
- Whoever restarts, stops, starts or empties something or opens a shell is recorded in `/var/log/steward/acts.jsonl`,
  one JSON object a line: who, when, what, with which result. What cannot be recorded is not done.
- An unknown service, instance or database is refused with one line that names those there are.

| exit code | meaning |
|---|---|
| 0 | done, or nothing to do |
| 1 | failed; `status`, `doctor` and `backup status`: something is broken |
| 2 | bad input, nothing was done |
| 3 | a deploy holds the lease, or somebody else does the same |
| 4 | `status`, `doctor`, `validate`, `db blocked`, `backup` and `restore run`: there are warnings |

`backup list` and `backup status` read nothing but files of this host, so they answer at once and when no repository
does; they say when a job last asked each repository. A manifest whose seal is broken is refused by the set's name.
`backup verify` and `backup prune` are what the timers run; see [backup-verification.md](backup-verification.md).

Services are stopped and started by their units, `<platform>-<service>.service`, so `systemctl` does the same, and
`journalctl -u` shows the same as `steward app logs`: what the unit and its containers say, also those that were removed
meanwhile. Requests are lost while a service is stopped; the playbook `restart.yml` restarts without losing one. A
stopped service starts again with the next deploy and when the host restarts.

`db shell` is psql as the superuser over the local socket. `cache shell` is redis-cli as the local administrator: it is
led to the instance by a socket that only root can reach, behind which `steward` has logged in already, so that the
password is in no argument list and no environment. `cache flush` empties instances that hold nothing but caches.
"""


def allowed(field: Field) -> str:
    """What a value may be, for people."""
    if field.choices:
        return " ".join(f"`{choice}`" for choice in field.choices)
    if field.minimum is not None or field.maximum is not None:
        low = f"{field.minimum:g}" if field.minimum is not None else ""
        high = f"{field.maximum:g}" if field.maximum is not None else ""
        return f"{low}…{high}"
    return field.shape or (f"`{field.pattern}`" if field.pattern else "")


def default(field: Field) -> str:
    if field.required:
        return "**required**"
    if field.default in (None, ""):
        return ""
    return f"`{field.default if isinstance(field.default, str) else json.dumps(field.default)}`"


def table(fields: Mapping[str, Field]) -> Iterator[str]:
    yield "| name | type | default | allowed | meaning |"
    yield "|---|---|---|---|---|"
    for name, field in fields.items():
        kind = f"list of {field.items.kind}" if field.kind == "list" and field.items else field.kind
        limits = (
            allowed(field.items) if field.kind == "list" and field.items and not field.items.fields else allowed(field)
        )
        yield f"| `{name}` | {kind} | {default(field)} | {limits.replace('|', chr(92) + '|')} | {field.about} |"


def sections(name: str, field: Field, level: int) -> Iterator[str]:
    """The parts of an object or of a list of objects, each with a table of its own."""
    inner = field.items if field.items is not None else field
    if not inner.fields:
        return
    yield f"\n{'#' * level} `{name}{'[]' if field.kind == 'list' else ''}`\n"
    yield f"{field.about}\n"
    yield from table(inner.fields)
    for part, below in inner.fields.items():
        yield from sections(f"{name}{'[]' if field.kind == 'list' else ''}.{part}", below, min(level + 1, 4))


def model_manual() -> str:
    lines = [HEADER, MODEL_INTRODUCTION, *table(VARIABLES)]
    for name, field in VARIABLES.items():
        lines += sections(name, field, 2)
    return "\n".join(lines) + "\n"


def options_manual() -> str:
    parts = [HEADER, OPTIONS_INTRODUCTION, *table(OPTIONS)]
    for procedure, options in PROCEDURES.items():
        parts.append(f"\n## Options of a {procedure}\n\n{PROCEDURE_INTRODUCTIONS[procedure]}")
        parts.append("Beside the options of a deploy that bound time or speak of the lease:\n")
        parts += table(options)
    return "\n".join(parts) + "\n"


def command_manual() -> str:
    """All verbs and options; from the parser, not from its help, whose form depends on Python's version."""
    origin = HEADER.replace("the tables in plugins/module_utils", "plugins/module_utils/cli")
    known = list(verbs(build_parser(list(VERBS)), "steward"))
    lines = [origin, COMMAND_INTRODUCTION, "| verb | what it does |", "|---|---|"]
    lines += [f"| `{' '.join([words, *map(usage, options)])}` | {about} |" for words, about, options in known]
    lines += ["\n| option | meaning |", "|---|---|"]
    meanings: dict[str, dict[str, None]] = {}
    for _words, _about, options in known:
        for option in options:
            meanings.setdefault(usage(option), {})[meaning(option)] = None
    lines += [f"| `{name}` | {'; or '.join(filter(None, about))} |" for name, about in meanings.items() if any(about)]
    return "\n".join(lines) + "\n"


def verbs(parser: argparse.ArgumentParser, above: str) -> Iterator[tuple[str, str, list[argparse.Action]]]:
    """Each verb at the end of its branch: its words, what it does, and its options, those without a name first."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            about = {choice.dest: choice.help for choice in action._choices_actions}
            for name, verb in action.choices.items():
                options = [
                    option
                    for option in verb._actions
                    if option.dest != "help" and not isinstance(option, argparse._SubParsersAction)
                ]
                below = list(verbs(verb, f"{above} {name}"))
                own = sorted(options, key=lambda option: bool(option.option_strings))
                yield from below or [(f"{above} {name}", about[name] or "", own)]


def usage(action: argparse.Action) -> str:
    """How an option is written; in brackets when it may be left out."""
    value = "" if action.nargs == 0 else str(action.metavar)
    text = " ".join(word for word in (*action.option_strings[:1], value) if word)
    return text if action.required else f"[{text}]"


def meaning(action: argparse.Action) -> str:
    """Its help, with the default put in."""
    return (action.help or "") % {"default": action.default}


def specification() -> str:
    """The role's own specification: Ansible checks the types, the model says everything else better and all at once."""
    options: dict[str, Any] = {}
    for name, field in VARIABLES.items():
        option: dict[str, Any] = {"type": ANSIBLE_TYPES[field.kind], "description": field.about}
        if field.kind == "list" and field.items:
            option["elements"] = ANSIBLE_TYPES[field.items.kind]
        options[name] = option
    main = {
        "short_description": "Check and normalise the model of a platform",
        "description": "Parts, defaults and limits of each variable are in docs/platform-model.md.",
        "options": options,
    }
    text = yaml.safe_dump({"argument_specs": {"main": main}}, sort_keys=False, width=120)
    origin = "plugins/module_utils/platform_model/model.py"
    return f"---\n# Made by docs/generate.py from {origin}; change that, not this.\n{text}"


TARGETS = {
    "docs/platform-model.md": model_manual,
    "docs/deploy-options.md": options_manual,
    "docs/steward-command.md": command_manual,
    "roles/platform/meta/argument_specs.yml": specification,
}


def outdated() -> list[str]:
    """The files that are not what the tables say."""
    return [name for name, make in TARGETS.items() if not (ROOT / name).exists() or (ROOT / name).read_text() != make()]


def main() -> None:
    for name in outdated():
        (ROOT / name).write_text(TARGETS[name]())
        print(f"wrote {name}")


if __name__ == "__main__":
    main()
