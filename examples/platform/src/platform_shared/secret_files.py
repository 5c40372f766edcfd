# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets are files. They are read when they are needed, so a rotated secret needs no restart."""

from platform_shared.settings import settings


class SecretError(RuntimeError):
    """A secret cannot be used. The message names the file and never its content."""


def read_secret(name: str) -> str:
    path = settings.secrets_dir / name
    try:
        value = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SecretError(f"secret {name} cannot be read from {path}: {error.strerror}") from None
    if not value:
        raise SecretError(f"secret {name} in {path} is empty")
    return value
