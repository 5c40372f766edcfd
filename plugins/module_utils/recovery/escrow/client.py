# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packs the keys of the escrow folder for the operators, and opens such a bundle again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ...backup_set.wishes import ESCROW
from ...core import clock, files, process
from ...core.errors import InputError
from . import plan

SECONDS = 60


def read_keys(folder: str = ESCROW) -> dict[str, str]:
    """All keys of the escrow folder by their file's name."""
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    states = {name: files.observe(f"{folder}/{name}") for name in names}
    return {name: state.content for name, state in states.items() if state is not None}


def observe(options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """What a bundle of this host would say in the clear, and the keys."""
    recipients = plan.check_recipients(options["recipients"])
    keys = read_keys()
    return plan.head_of(options["platform"], keys, recipients), keys


def encrypt(head: Mapping[str, Any], keys: Mapping[str, str]) -> str:
    """The bundle; the keys are never in a file or an argument on their way."""
    argv = plan.build_encrypt(head["recipients"])
    encrypted = process.run(argv, input=plan.build_plain(head, keys), timeout=SECONDS).stdout
    return plan.build_bundle(head, encrypted, clock.now())


def open_bundle(*, path: str, identity: str, platform: str) -> dict[str, Any]:
    """The keys of a bundle: ``keys`` by file name, ``secrets`` as the role ``backup`` takes them, and ``made``.

    :raises InputError: it cannot be read, is another platform's, or the identity does not open it.
    """
    head = plan.read_head(_text(path, "recovery_bundle"))
    plan.refuse_foreign(head, platform)
    _text(identity, "recovery_identity")
    done = process.run(plan.build_decrypt(identity), input=head["age"], check=False, timeout=SECONDS)
    if done.returncode:
        said = done.stderr.strip().splitlines()[:1]
        raise InputError(
            f"recovery_identity is {identity!r}, which does not open {path}: {''.join(said)}",
            f"It was made for {', '.join(head['recipients'])}.",
        )
    keys = plan.read_plain(head, done.stdout)
    return {"keys": keys, "secrets": plan.backup_secrets(keys), "made": head["made"]}


def _text(path: str, option: str) -> str:
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is no text"
        raise InputError(f"{option} is {path!r}, which cannot be read: {said}") from error
