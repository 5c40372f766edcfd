# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module's options as a wish, or one clear line about what is wrong with them."""

from __future__ import annotations

import base64
import posixpath
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ..core.errors import InputError
from .model import Argv, Attributes, WantedDirectory, WantedFile, WantedLink, Wish

MODE = re.compile(r"0[0-7]{3}|[1-7][0-7]{3}")
STAGED = "%s"


def parse_wish(options: Mapping[str, Any]) -> Wish:
    """The wish behind the options of the module ``config_set``, whose action plugin rendered the templates.

    :raises InputError: a value is not allowed.
    """
    base = options["base"]
    wish = Wish(
        directories=tuple(
            sorted((_parse_directory(base, item) for item in options["directories"]), key=lambda wanted: wanted.path)
        ),
        files=tuple(_parse_file(base, item) for item in options["files"]),
        links=tuple(WantedLink(_path(base, item["path"], "links"), item["target"]) for item in options["links"]),
        absent=tuple(_path(base, path, "absent") for path in options["absent"]),
        check=_commands(options["check"], "check"),
        reload=_commands(options["reload"], "reload"),
    )
    _refuse_twice([directory.path for directory in wish.directories] + list(wish.entries))
    return wish


def _parse_directory(base: str | None, item: Mapping[str, Any]) -> WantedDirectory:
    path = _path(base, item["path"], "directories")
    return WantedDirectory(path, _attributes(path, item))


def _parse_file(base: str | None, item: Mapping[str, Any]) -> WantedFile:
    path = _path(base, item["path"], "files")
    content, secret, patch = item["content"], item["secret_content"], item["merge_json"]
    if [content, secret, patch].count(None) != 2:
        raise InputError(f"the file {path} needs exactly one of template, content, secret_content and merge_json")
    return WantedFile(
        path=path,
        content=(content or "") if secret is None else decode_secret(secret),
        secret=secret is not None,
        attributes=_attributes(path, item),
        validate=_validator(path, item["validate"]),
        patch=patch,
    )


def encode_secret(text: str) -> str:
    """A secret as one line of base64.

    Ansible blanks a secret in logs and results where it finds its exact text. It does not find one of several lines in
    the printed form of a list, where a line feed is two characters, and so would log it in full.

    >>> decode_secret(encode_secret("user a on\\n"))
    'user a on\\n'
    """
    return base64.b64encode(text.encode()).decode()


def decode_secret(encoded: str) -> str:
    return base64.b64decode(encoded).decode()


def _path(base: str | None, path: str, option: str) -> str:
    full = posixpath.join(base, path) if base else path
    if not full.startswith("/"):
        raise InputError(f"{option}: the path {path!r} is not absolute", "Write it in full or give base.")
    if full != posixpath.normpath(full):
        raise InputError(f"{option}: the path {full!r} must be written as {posixpath.normpath(full)!r}")
    return full


def _attributes(path: str, item: Mapping[str, Any]) -> Attributes:
    if not MODE.fullmatch(item["mode"]):
        raise InputError(f"{path}: the mode {item['mode']!r} is not four octal digits", 'Quote it, as in "0640".')
    return Attributes(item["mode"], item["owner"], item["group"])


def _validator(path: str, argv: Sequence[str]) -> Argv:
    if argv and sum(word.count(STAGED) for word in argv) != 1:
        raise InputError(f"{path}: validate must hold {STAGED} exactly once, where the new file's path belongs")
    return tuple(argv)


def _commands(commands: Sequence[Sequence[str]], option: str) -> tuple[Argv, ...]:
    if not all(commands):
        raise InputError(f"{option}: a command is empty", "Each command is a list: the program, then its arguments.")
    return tuple(tuple(str(word) for word in argv) for argv in commands)


def _refuse_twice(paths: Sequence[str]) -> None:
    for path, times in Counter(paths).items():
        if times > 1:
            raise InputError(f"{path} is named {times} times", "Each path belongs in one place of the set.")
