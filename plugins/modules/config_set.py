#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_set
short_description: Publish all configuration files of one service together
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Takes all directories, files and links of one service in one call. The files are rendered on the controller,
    staged beside their targets, validated together, published together, checked by the service's own checker and then
    the service reloads them.
  - When a validation, a check or the reload fails, everything is put back as it was, with owners and modes, and the
    task fails with the checker's last lines.
attributes:
  check_mode:
    description: Can run in check mode and predict changes without writing anything.
    support: full
  diff_mode:
    description: Shows one difference per path. Secret content is only shown as changed.
    support: full
  idempotent:
    description: A second run changes nothing and runs no command.
    support: full
  action:
    description: Renders templates on the controller, found as those of the calling role.
    support: full
options:
  base:
    description: Directory that relative paths start from.
    type: path
  directories:
    description: Directories made before the files. Missing parents are refused unless they are listed too.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Path of the directory.
        type: str
        required: true
        aliases: [name]
      mode:
        description: Mode as four octal digits.
        type: str
        default: "0755"
      owner:
        description: Name or number of the owning user.
        type: str
        default: root
      group:
        description: Name or number of the owning group.
        type: str
        default: root
  files:
    description:
      - Files, each with exactly one of O(files[].template), O(files[].content), O(files[].secret_content) and
        O(files[].merge_json).
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Path of the file. A link that has this path is replaced by the file.
        type: str
        required: true
        aliases: [name]
      template:
        description: Name of a template, found as the template lookup of the calling role finds it.
        type: str
      vars:
        description: Variables for this O(files[].template) only, beside those of the task.
        type: dict
        default: {}
      content:
        description: The file's text.
        type: str
      merge_json:
        description:
          - A JSON merge patch (RFC 7396) for a file that others write too. V(null) removes a key, objects are merged,
            anything else is replaced, and keys that are not named stay. A missing file is made.
        type: dict
      secret_content:
        description: The file's text when it holds secrets. It appears in no output, difference or log.
        type: str
      mode:
        description: Mode as four octal digits.
        type: str
        default: "0644"
      owner:
        description: Name or number of the owning user.
        type: str
        default: root
      group:
        description: Name or number of the owning group.
        type: str
        default: root
      validate:
        description:
          - Command that accepts or refuses the staged file, whose path takes the place of V(%s).
          - All files that change are validated before the first is published.
        type: list
        elements: str
        default: []
  links:
    description: Symbolic links.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Path of the link. A file that has this path is replaced by the link.
        type: str
        required: true
        aliases: [name]
      target:
        description: What the link points to. It need not exist.
        type: str
        required: true
  absent:
    description: Paths of files and links that must not exist. Directories are refused.
    type: list
    elements: str
    default: []
  check:
    description: Commands run in this order after publishing and before O(reload). A failure puts everything back.
    type: list
    elements: list
    default: []
  reload:
    description:
      - Commands run in this order when something changed and the checks passed.
      - A failure puts everything back, runs them again for the old state, and fails the task.
    type: list
    elements: list
    default: []
"""

EXAMPLES = r"""
- name: Configure the edge proxy
  steward.platform.config_set:
    directories:
      - {path: /etc/nginx/steward.d, mode: "0750", group: www-data}
    files:
      - {path: /etc/nginx/nginx.conf, template: nginx.conf.j2}
      - {path: /etc/nginx/steward.d/limits.conf, content: "limit_req_status 429;\n"}
    absent:
      - /etc/nginx/sites-enabled/default
    check:
      - [nginx, -t]
    reload:
      - [systemctl, reload, nginx]

- name: Write the accounts of the cache, which hold password hashes
  steward.platform.config_set:
    files:
      - path: /etc/redis/users.acl
        secret_content: "{{ lookup('ansible.builtin.template', 'users.acl.j2') }}"
        mode: "0640"
        group: redis

- name: Allow the operators to become root
  steward.platform.config_set:
    base: /etc/sudoers.d
    files:
      - path: operators
        template: sudoers.j2
        mode: "0440"
        validate: [visudo, -cf, "%s"]
"""

RETURN = r"""
changed_paths:
  description: Paths that were changed, or would be in check mode.
  type: list
  elements: str
  returned: success
  sample: [/etc/nginx/nginx.conf]
"""

from ansible_collections.steward.platform.plugins.module_utils.config_set import client
from ansible_collections.steward.platform.plugins.module_utils.config_set.parse import parse_wish
from ansible_collections.steward.platform.plugins.module_utils.config_set.plan import plan_config_set
from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module

PLACE = {"path": {"type": "str", "required": True, "aliases": ["name"]}}
ACCOUNTS = {"owner": {"type": "str", "default": "root"}, "group": {"type": "str", "default": "root"}}
SPEC = {
    "base": {"type": "path"},
    "directories": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {**PLACE, **ACCOUNTS, "mode": {"type": "str", "default": "0755"}},
    },
    "files": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            **PLACE,
            **ACCOUNTS,
            "template": {"type": "str"},
            "vars": {"type": "dict", "default": {}},
            "content": {"type": "str"},
            "merge_json": {"type": "dict"},
            "secret_content": {"type": "str", "no_log": True},
            "mode": {"type": "str", "default": "0644"},
            "validate": {"type": "list", "elements": "str", "default": []},
        },
    },
    "links": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {**PLACE, "target": {"type": "str", "required": True}},
    },
    "absent": {"type": "list", "elements": "str", "default": []},
    "check": {"type": "list", "elements": "list", "default": []},
    "reload": {"type": "list", "elements": "list", "default": []},
}


def main():
    run_module(
        SPEC,
        observe=lambda options: client.observe(parse_wish(options)),
        plan=lambda options, world: plan_config_set(parse_wish(options), world),
        apply=lambda options, plan: client.apply(parse_wish(options), plan),
    )


if __name__ == "__main__":
    main()
