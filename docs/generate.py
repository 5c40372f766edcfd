# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write what follows from the tables: the manual of the model and of the deploy options, and the role's specification.

``make docs`` writes them; the contracts tell what is out of date.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

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
    "scale": """\
`ansible-playbook playbooks/scale.yml -i inventories/demo -e service=isp-framework -e replicas=3` changes the number of
replicas without losing a request. Later deploys keep it until the inventory's own number changes.
""",
    "restart": """\
`ansible-playbook playbooks/restart.yml -i inventories/demo -e service=isp-framework` gives a service fresh containers,
beside those that serve: no request and no job is lost.
""",
}


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
        parts.append(f"\n## Options of {procedure}.yml\n\n{PROCEDURE_INTRODUCTIONS[procedure]}")
        parts.append("Beside the options of a deploy that bound time or speak of the lease:\n")
        parts += table(options)
    return "\n".join(parts) + "\n"


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
