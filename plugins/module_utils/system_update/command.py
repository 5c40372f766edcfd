# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines of apt."""

from __future__ import annotations

from collections.abc import Mapping

# Lists of our own: looking fetches them anew and leaves those of the host alone. In reach of apt's unprivileged user.
LISTS = "/var/cache/steward/apt-lists"
OPTIONS = (
    "-o", f"Dir::State::Lists={LISTS}",
    "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=",
    "-o", "DPkg::Lock::Timeout=300",
)  # fmt: skip
# Nobody is there to answer; a configuration file that somebody changed stays. needrestart is told to leave it to us.
ENVIRONMENT: Mapping[str, str] = {
    "DEBIAN_FRONTEND": "noninteractive",
    "APT_LISTCHANGES_FRONTEND": "none",
    "NEEDRESTART_SUSPEND": "1",
    "LC_ALL": "C.UTF-8",
}
KEEP_CONFIGURATION = ("-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold")
WAYS: Mapping[bool, tuple[str, ...]] = {True: ("dist-upgrade",), False: ("upgrade", "--with-new-pkgs")}


def fetch() -> list[str]:
    """Fetch the package lists; one source that fails is an error."""
    return ["apt-get", *OPTIONS, "--quiet", "--error-on=any", "update"]


def simulate(*, full: bool) -> list[str]:
    """Print what would be done; what is not full never removes a package."""
    return ["apt-get", *OPTIONS, "--simulate", "-o", "Debug::NoLocking=true", *WAYS[full]]


def upgrade(*, full: bool, removals: bool) -> list[str]:
    """Do it; without ``removals`` it ends before it would remove a package."""
    never = [] if removals else ["--no-remove"]
    return ["apt-get", *OPTIONS, *KEEP_CONFIGURATION, "--yes", "--quiet", *never, *WAYS[full]]


def list_upgradable() -> list[str]:
    """Print what has a newer version, whether it can be had or not."""
    return ["apt", *OPTIONS, "list", "--upgradable"]


def list_held() -> list[str]:
    """Print what somebody holds."""
    return ["apt-mark", "showhold"]
