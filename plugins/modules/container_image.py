#!/usr/bin/python

# Copyright (c) 2026 steward.platform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container_image
short_description: Build all images of a platform that are not there yet
version_added: 0.1.0
author:
  - steward.platform contributors (@steward)
description:
  - An image is named by a hash of what it is made from - the build context normalised, Dockerfile, arguments, target
    and the layers of its base images. It is built only when no image of that name is on the host.
  - The action on the controller packs each context once, respecting C(.dockerignore), and sends contexts and base
    archives only when the host lacks the image.
  - Needs the Python package C(docker) on the controller, for its reading of C(.dockerignore), and buildx on the host.
attributes:
  check_mode:
    description: Says which images would be built, sends and builds nothing.
    support: full
  diff_mode:
    description: Shows the names of the images that are built.
    support: full
  idempotent:
    description: The same content is built once.
    support: full
options:
  platform:
    description: Name of the platform, the first part of each image's name.
    type: str
    required: true
  builds:
    description: The images to have.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the image.
        type: str
        required: true
      context:
        description: Directory on the controller.
        type: str
        required: true
      dockerfile:
        description: Path of the Dockerfile in the context.
        type: str
        default: Dockerfile
      target:
        description: Stage to build, the last one when empty.
        type: str
        default: ""
      args:
        description: Build arguments. They are kept in the image's history, so they must not be secret.
        type: dict
        default: {}
      bases:
        description: Images it is built from; their layers are part of its identity.
        type: list
        elements: str
        default: []
  base_images:
    description: Base images that are imported from a file on the controller when the host lacks them.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name and tag.
        type: str
        required: true
      archive:
        description: Root file system as tar file on the controller.
        type: str
        required: true
  ca_file:
    description: CA bundle on the host, mounted into the build as the secret V(ca). No secret when the file is missing.
    type: path
    default: /etc/ssl/certs/ca-certificates.crt
  packed:
    description:
      - Set by the action only. Of each build the hash of its packed context, and where the host finds it once it was
        sent.
    type: dict
  archives:
    description: Set by the action only. Where the host finds the base archives that were sent.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Build the images of a release
  steward.platform.container_image:
    platform: "{{ platform.name }}"
    builds: "{{ platform.builds }}"
    base_images: "{{ platform.base_images }}"
  register: built

- name: See what would be built
  steward.platform.container_image:
    platform: dotmac
    builds: "{{ platform.builds }}"
  check_mode: true

- name: Build one image from a public base
  steward.platform.container_image:
    platform: dotmac
    builds:
      - name: api
        context: "{{ playbook_dir }}/api"
        bases: ["python:3.13-slim"]
"""

RETURN = r"""
images:
  description: Of each build the reference of its image; empty for one whose base is not there yet.
  returned: always
  type: dict
  sample: {api: "dotmac/api:8c1f0b7d2e64a95b3f10"}
missing:
  description: Names of the builds whose image was not there.
  returned: always
  type: list
  elements: str
missing_bases:
  description: Names of base images that were not there.
  returned: always
  type: list
  elements: str
"""

from ansible_collections.steward.platform.plugins.module_utils.containers.images.client import apply, observe
from ansible_collections.steward.platform.plugins.module_utils.containers.images.plan import plan
from ansible_collections.steward.platform.plugins.module_utils.core.module import run_module

BUILD = {
    "name": {"type": "str", "required": True},
    "context": {"type": "str", "required": True},
    "dockerfile": {"type": "str", "default": "Dockerfile"},
    "target": {"type": "str", "default": ""},
    "args": {"type": "dict", "default": {}},
    "bases": {"type": "list", "elements": "str", "default": []},
}


def main() -> None:
    base = {"name": {"type": "str", "required": True}, "archive": {"type": "str", "required": True}}
    spec = {
        "platform": {"type": "str", "required": True},
        "builds": {"type": "list", "elements": "dict", "required": True, "options": BUILD},
        "base_images": {"type": "list", "elements": "dict", "default": [], "options": base},
        "ca_file": {"type": "path", "default": "/etc/ssl/certs/ca-certificates.crt"},
        "packed": {"type": "dict"},
        "archives": {"type": "dict", "default": {}},
    }
    run_module(spec, observe=observe, plan=plan, apply=apply)


if __name__ == "__main__":
    main()
