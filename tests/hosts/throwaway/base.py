# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Base images for applications, as tars a host imports: no registry, no certificate of this machine, no apt."""

from __future__ import annotations

import hashlib
from pathlib import Path

from . import image, network
from .paths import cache_dir, lock, write
from .say import progress
from .supply import Supply

# The day Debian 13 came out. Every timestamp in the tars is at most this one, so the same packages give the same bits.
_EPOCH = "1754697600"
_PACKAGES = {"build": "python3,python3-venv", "run": "python3"}
_OPTIONS = (
    "--variant=essential",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    '--customize-hook=rm -rf "$1"/etc/apt/sources.list* "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/var/log/apt',
)


def make(supply: Supply, *, fresh: bool) -> list[Path]:
    """Make the tars that are missing or whose recipe changed."""
    folder = cache_dir() / "base-images"
    folder.mkdir(exist_ok=True)
    with lock("base-image"):
        return [_make_one(folder, supply, name, included, fresh=fresh) for name, included in _PACKAGES.items()]


def _make_one(folder: Path, supply: Supply, name: str, included: str, *, fresh: bool) -> Path:
    tar, stamp = folder / f"{name}.tar", folder / f"{name}.recipe"
    recipe = hashlib.sha256("\0".join([supply.cached_sources, included, *_OPTIONS]).encode()).hexdigest()
    if not fresh and tar.exists() and stamp.exists() and stamp.read_text() == recipe:
        return tar
    progress("base-image", f"making {tar} (about 20 s)")
    draft = tar.with_name(f"draft-{tar.name}")
    # The proxy comes by environment, because mmdebstrap leaves its apt options in what it makes.
    env = {"http_proxy": network.CACHE_PROXY, "SOURCE_DATE_EPOCH": _EPOCH}
    image.bootstrap(draft, supply, supply.cached_sources, [*_OPTIONS, f"--include={included}"], env)
    draft.replace(tar)
    write(stamp, recipe)
    return tar
