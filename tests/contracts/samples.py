# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small collection without a defect, and many with exactly one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

GOOD: Mapping[str, str] = {
    "roles/web/meta/argument_specs.yml": """
argument_specs:
  main:
    short_description: Run the web server
    options:
      web_port: {type: int, description: Where it listens., default: 80}
      web_names: {type: list, elements: str, description: What it is called., default: []}
      web_root: {type: str, description: What it shows., default: "/srv/{{ platform.name }}"}
""",
    "roles/web/defaults/main.yml": "web_port: 80\nweb_names: []\nweb_root: '/srv/{{ platform.name }}'\n",
    "roles/web/vars/main.yml": "__web_file: /etc/web/main.conf\n__web_format: !unsafe '{{.Name}}'\n",
    "roles/web/templates/main.conf.j2": "port {{ web_port }}\n",
    "roles/web/tasks/main.yml": """
- name: Write the files
  steward.platform.config_set:
    base: /etc/web
    mode: whole
    files:
      - {path: main.conf, template: main.conf.j2}
  register: __web_written
  notify: Web | Reload
- name: See whether it runs
  ansible.builtin.command: {argv: [web, status]}
  when: __web_written is changed
  changed_when: false
- name: Choose a part
  ansible.builtin.include_tasks: {file: part.yml, apply: {tags: [part]}}
  tags: [part]
- name: Make the account
  ansible.builtin.include_role: {name: steward.platform.shared, tasks_from: account}
  vars: {shared_account_name: web}
""",
    "roles/web/tasks/part.yml": """
- name: Part | Say so
  ansible.builtin.debug: {msg: '{{ web_names | unheard_of }}'}
""",
    "roles/web/handlers/main.yml": """
- name: Web | Reload
  ansible.builtin.systemd_service: {name: web, state: reloaded}
""",
    "roles/platform/meta/argument_specs.yml": """
argument_specs:
  main:
    short_description: Normalise the model
    options:
      platform_name: {type: str, description: What it is called.}
""",
    "roles/platform/tasks/main.yml": "- name: Show it\n  ansible.builtin.debug: {var: platform_name}\n",
    "roles/shared/meta/argument_specs.yml": """
argument_specs:
  account:
    short_description: Make an account
    options:
      shared_account_name: {type: str, description: Its name., required: true}
""",
    "roles/shared/tasks/account.yml": """
- name: Account | Make it
  ansible.builtin.user: {name: '{{ shared_account_name }}'}
""",
    "plugins/modules/config_set.py": '''
DOCUMENTATION = r"""
options:
  base: {type: path}
  mode: {type: str, choices: [whole, part]}
  files:
    type: list
    elements: dict
    suboptions:
      path: {type: str, required: true, aliases: [name]}
      template: {type: str}
"""
from ansible_collections.steward.platform.plugins.module_utils.web.client import apply
''',
    "plugins/module_utils/core/__init__.py": "",
    "plugins/module_utils/core/process.py": "import subprocess\n",
    "plugins/module_utils/core/errors.py": "LIMIT = 3\n",
    "plugins/module_utils/web/client.py": "import os\nfrom ..core import process\nfrom .plan import decide\n",
    "plugins/module_utils/web/plan.py": """
from pathlib import PurePosixPath
from urllib.parse import urlsplit
from ..core.errors import LIMIT
def decide(now): return now
""",
    "playbooks/site.yml": """
- name: Serve
  hosts: web
  roles:
    - {role: steward.platform.web, vars: {web_port: 81}}
""",
}

WEB_TASKS = "roles/web/tasks/main.yml"
WEB_SPEC = "roles/web/meta/argument_specs.yml"
WEB_PLAN = "plugins/module_utils/web/plan.py"
SHARED_TASKS = "roles/shared/tasks/account.yml"


def _changed(file: str, old: str, new: str) -> dict[str, str]:
    assert old in GOOD[file], f"{file} of the good sample does not hold {old!r}"
    return {file: GOOD[file].replace(old, new)}


def _added(file: str, text: str) -> dict[str, str]:
    return {file: GOOD.get(file, "") + text}


# Rule, the files that differ from the good sample, and what is said of them.
BAD: Sequence[tuple[str, Mapping[str, str], str]] = (
    ("spec", _added("roles/web/defaults/main.yml", "web_forgotten: 1\n"), "default web_forgotten is in no entry point"),
    ("spec", _changed("roles/web/defaults/main.yml", "web_port: 80", "web_port: 8080"), "web_port has the default 80,"),
    ("spec", _changed("roles/web/defaults/main.yml", "web_names: []\n", ""), "defaults/main.yml lacks"),
    ("spec", _changed(WEB_SPEC, "type: int, ", ""), "web_port has no type"),
    ("spec", _changed(WEB_SPEC, "description: Where it listens., ", ""), "web_port has no description"),
    ("spec", _changed(WEB_SPEC, "elements: str, ", ""), "is a list without elements"),
    (
        "spec",
        _changed("roles/shared/meta/argument_specs.yml", ", required: true", ""),
        "neither required nor has a default",
    ),
    (
        "spec",
        _changed("roles/shared/meta/argument_specs.yml", "shared_account_name", "account_name"),
        "lacks the prefix shared_",
    ),
    ("spec", {"roles/shared/defaults/main.yml": "shared_account_name: x\n"}, "is required and yet has a default"),
    (
        "spec",
        _changed("roles/shared/meta/argument_specs.yml", "  account:", "  user:"),
        "entry point user has no tasks/user.yml",
    ),
    (
        "spec",
        _changed("roles/shared/meta/argument_specs.yml", "    short_description: Make an account\n", ""),
        "has no short_description",
    ),
    ("spec", {"roles/bare/tasks/main.yml": "[]\n"}, "roles/bare: has no meta/argument_specs.yml"),
    ("spec", {"roles/platform/defaults/main.yml": "platform_name: x\n"}, "platform_name says what only plugins/"),
    (
        "spec",
        {
            **_changed(
                WEB_SPEC,
                "web_port: {type: int, description: Where it listens., default: 80}",
                "web_port: {type: int, description: Where it listens., default: http}",
            ),
            **_changed("roles/web/defaults/main.yml", "web_port: 80", "web_port: http"),
        },
        "default web_port breaks its own specification",
    ),
    (
        "call",
        _changed(WEB_TASKS, "shared_account_name: web", "shared_account_name: web, web_x: 1"),
        "passes web_x, which shared",
    ),
    ("call", _changed(WEB_TASKS, "  vars: {shared_account_name: web}\n", ""), "does not pass shared_account_name"),
    ("call", _changed(WEB_TASKS, "tasks_from: account", "tasks_from: account.yml"), "skips the specification"),
    ("call", _changed(WEB_TASKS, "tasks_from: account", "tasks_from: acount"), "has no entry point acount"),
    ("call", _changed(WEB_TASKS, "steward.platform.shared", "steward.platform.shaerd"), "there is no role"),
    ("call", _changed(WEB_TASKS, "steward.platform.shared", "shared"), "without its collection"),
    ("call", _changed(WEB_TASKS, "  tags: [part]\n", ""), "tags on the include [] and in apply ['part'] differ"),
    ("call", _changed(WEB_TASKS, ", apply: {tags: [part]}", ""), "tags on the include ['part'] and in apply [] differ"),
    ("call", _changed("playbooks/site.yml", "web_port: 81", "web_prot: 81"), "passes web_prot, which web"),
    (
        "call",
        _changed("playbooks/site.yml", "steward.platform.web, vars: {web_port: 81}", "steward.platform.wbe"),
        "there is no role",
    ),
    ("option", _changed(WEB_TASKS, "base:", "bsae:"), "bsae is no option; there are base, files, mode"),
    ("option", _changed(WEB_TASKS, "template: main", "tmplate: main"), "files[0].tmplate is no option"),
    ("option", _changed(WEB_TASKS, "path: main.conf, ", ""), "files[0].path is required and not given"),
    ("option", _changed(WEB_TASKS, "mode: whole", "mode: hole"), "mode is 'hole', allowed is whole, part"),
    (
        "option",
        _changed(WEB_TASKS, "steward.platform.config_set", "steward.platform.config_seet"),
        "there is no module",
    ),
    (
        "option",
        _added(WEB_TASKS, "- name: All\n  steward.platform.config_set: '{{ web_names }}'\n"),
        "are one template",
    ),
    ("style", _changed(WEB_TASKS, "- name: See whether it runs\n  ", "- "), "has no name"),
    ("style", _changed(WEB_TASKS, "See whether", "see whether"), "does not begin with a capital"),
    ("style", _changed(WEB_TASKS, "See whether it runs", "See whether it runs."), "ends with a full stop"),
    ("style", _changed(WEB_TASKS, "  changed_when: false\n", ""), "has no changed_when"),
    ("style", _changed(WEB_TASKS, "{argv: [web, status]}", "web status"), "has a text instead of argv"),
    ("style", _changed(WEB_TASKS, "ansible.builtin.command", "ansible.builtin.shell"), "uses a shell"),
    (
        "style",
        _changed(WEB_TASKS, "  changed_when: false", "  ignore_errors: true\n  changed_when: false"),
        "ignores errors",
    ),
    ("style", _changed(WEB_TASKS, "base: /etc/web", "validate_certs: false"), "validate_certs may not be switched off"),
    ("style", _changed(SHARED_TASKS, "'}", "', state: latest}"), "state latest"),
    ("style", _changed(SHARED_TASKS, "'}", "', mode: 0644}"), "is a number"),
    ("style", _changed(SHARED_TASKS, "ansible.builtin.user", "user"), "is not a fully qualified name"),
    ("style", _changed(SHARED_TASKS, "Account | Make", "Make"), "do not share one phase prefix"),
    ("style", _changed(WEB_TASKS, "notify: Web | Reload", "notify: Web | Relaod"), "which no handler hears"),
    (
        "style",
        _added("roles/web/handlers/main.yml", "- name: Reload\n  ansible.builtin.meta: noop\n"),
        "a handler of web is named Web | …",
    ),
    ("style", _added(WEB_TASKS, "- name: Two modules\n  a.b.c: {}\n  d.e.f: {}\n"), "its module cannot be told"),
    (
        "variable",
        _changed("roles/web/templates/main.conf.j2", "web_port", "web_prot"),
        "reads web_prot, which web does not have",
    ),
    ("variable", _changed("roles/web/tasks/part.yml", "web_names", "web_nmaes"), "reads web_nmaes"),
    ("variable", _changed(WEB_TASKS, "when: __web_written is", "when: __web_writen is"), "reads __web_writen"),
    (
        "variable",
        _changed("roles/web/templates/main.conf.j2", "web_port", "shared_account_home"),
        "(shared is its owner by name)",
    ),
    ("variable", _added(WEB_TASKS, "- name: Set\n  ansible.builtin.set_fact: {web_port: 1}\n"), "belongs to the user"),
    (
        "variable",
        _added(WEB_TASKS, "- name: Set\n  ansible.builtin.set_fact: {port: 1}\n"),
        "sets port, which lacks the prefix",
    ),
    (
        "variable",
        _added(WEB_TASKS, "- name: Set\n  ansible.builtin.debug: {msg: x}\n  loop_control: {loop_var: row}\n"),
        "sets row",
    ),
    (
        "variable",
        _changed("roles/web/templates/main.conf.j2", "web_port", "ansible_distribution"),
        "facts are read as ansible_facts['distribution']",
    ),
    ("variable", _added("roles/web/vars/main.yml", "web_x: 1\n"), "web_x is internal"),
    (
        "owner",
        _added(SHARED_TASKS, "- name: Account | Copy\n  ansible.builtin.copy: {dest: /etc/web/main.conf}\n"),
        "/etc/web/main.conf is published by shared and web",
    ),
    (
        "owner",
        {
            **_added(
                SHARED_TASKS, "- name: Account | Copy\n  ansible.builtin.template: {dest: '{{ __shared_file }}'}\n"
            ),
            "roles/shared/vars/main.yml": "__shared_file: '{{ __shared_to }}/main.conf'\n__shared_to: /etc/web\n",
        },
        "/etc/web/main.conf is published by shared and web",
    ),
    (
        "layer",
        {"plugins/module_utils/cli/status.py": "import subprocess\n"},
        ":1: imports subprocess, whose only door is core",
    ),
    (
        "layer",
        _added("plugins/module_utils/web/client.py", "import socket\n"),
        "imports socket, whose only door is core",
    ),
    (
        "layer",
        _added("plugins/modules/config_set.py", "import urllib.request\n"),
        "imports urllib, whose only door is core",
    ),
    ("layer", _added(WEB_PLAN, "import os.path\n"), "is pure and imports os.path"),
    ("layer", _added(WEB_PLAN, "from pathlib import Path\n"), "is pure and imports pathlib.Path"),
    ("layer", _added(WEB_PLAN, "from .client import apply\n"), "is pure and imports web/client/apply"),
    ("layer", _added(WEB_PLAN, "from ..core import process\n"), "is pure and imports the door core/process"),
    ("layer", _added(WEB_PLAN, "text = open('x')\n"), "is pure and calls open"),
    (
        "layer",
        _added(WEB_PLAN, "import datetime\nnow = datetime.datetime.now()\n"),
        "is pure and calls datetime.datetime.now",
    ),
    ("layer", {"plugins/module_utils/dns/plan.py": "from ..web import plan\n"}, "the domain dns imports web/plan"),
    ("layer", {"plugins/module_utils/core/plan.py": "from ..web import plan\n"}, "core imports web/plan"),
    ("layer", {"plugins/module_utils/release/plan.py": "from ..web import client\n"}, "is pure and imports web/client"),
    ("layer", {"plugins/module_utils/web/__init__.py": "X = 1\n"}, "is not empty"),
    ("layer", _added(WEB_PLAN, "import yaml\n"), "imports yaml, which is not in the standard library"),
    (
        "layer",
        _added(WEB_PLAN, "from ansible_collections.steward.platform.plugins.module_utils.core import plan\n"),
        "absolutely",
    ),
)
