# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where Debian packages come from on this machine: its own apt's mirror, options and proxy."""

from __future__ import annotations

import dataclasses
import platform
from pathlib import Path

from . import apt, cache, process
from .engine import docker
from .say import HostsError

RELEASE = "trixie"
_APT = Path("/etc/apt")


@dataclasses.dataclass(frozen=True)
class Supply:
    mirrors: apt.Mirrors
    options: str
    proxy: str

    @property
    def direct_sources(self) -> str:
        """apt sources for what reaches the mirror as this machine does."""
        return apt.build_sources(self.mirrors, RELEASE)

    @property
    def cached_sources(self) -> str:
        """apt sources behind the package cache; with a foreign proxy in between TLS cannot be left to the cache."""
        return apt.build_sources(self.mirrors if self.proxy else apt.behind_cache(self.mirrors), RELEASE)

    def cache_config(self, network: str) -> str:
        return cache.build_config(network, [self.mirrors.archive, self.mirrors.security], self.proxy)


def find(source: str = "") -> Supply:
    """This machine's supply; without a Debian mirror of its own, the mirror that the image `source` names."""
    config = apt.parse_config(process.run(["apt-config", "dump"]).stdout) if process.find("apt-config") else {}
    mirrors = _of_machine() or (_of_image(source) if source else None)
    if mirrors is None:
        raise HostsError("no Debian mirror in this machine's /etc/apt", "name a public image: --from debian:13")
    return Supply(mirrors, apt.kept_options(config), cache.find_proxy(config))


def _of_machine() -> apt.Mirrors | None:
    found: list[apt.Source] = []
    for path in [_APT / "sources.list", *sorted((_APT / "sources.list.d").glob("*"))]:
        if path.is_file():
            parse = apt.parse_deb822 if path.suffix == ".sources" else apt.parse_list
            found += parse(path.read_text())
    system = platform.freedesktop_os_release()
    if system.get("ID") != "debian":
        return None
    return apt.choose_mirrors(found, system.get("VERSION_CODENAME", ""), lambda path: Path(path).read_text())


def _of_image(source: str) -> apt.Mirrors | None:
    text = docker("run", "--rm", source, "sh", "-c", "cat /etc/apt/sources.list.d/*.sources")
    return apt.choose_mirrors(apt.parse_deb822(text), RELEASE, lambda _path: "")
