# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What there is to update on a host, and what may be restarted for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..core.schema import Field

SCHEMA = 1
RECORD_FILE = "/var/lib/steward/system-update.json"
LOG = "/var/log/steward/updates.jsonl"

REBOOTS = ("true", "false", "when_needed")
RESTARTS = ("safe", "all", "none")

# What the user may say for one update, as extra variables.
OPTIONS: Mapping[str, Field] = {
    "update_dry_run": Field("boolean", "Only show what would be updated on each host.", default=False),
    "update_allow_removals": Field(
        "boolean", "Let an upgrade remove packages; otherwise one that asks for it is left.", default=False
    ),
    "update_restart": Field(
        "text",
        "Which services that use replaced files are restarted: `safe` leaves those that interrupt the platform.",
        default="safe",
        choices=RESTARTS,
    ),
    "update_reboot": Field("text", "Whether hosts are rebooted.", default="when_needed", choices=REBOOTS),
    "update_reboot_timeout": Field(
        "integer", "Seconds a host has to come back.", default=600, minimum=30, maximum=7200
    ),
    "update_gate_timeout": Field(
        "integer", "Seconds a host has to become healthy again.", default=300, minimum=5, maximum=3600
    ),
}

# A unit whose restart would break what talks through it: only a reboot lets it go of replaced files. That alone is no
# reason for one, because it would be one for nearly every library, and nothing outside the host reaches it.
ONLY_BY_REBOOT = ("dbus.service", "dbus-broker.service")
# Sessions of people; they end by themselves.
SESSIONS = ("user@*.service", "getty@*.service", "serial-getty@*.service", "console-getty.service")
# systemd itself, which can replace itself without a reboot.
INIT = "init.scope"
# With a new version of these a host does not run what it has until it reboots.
REBOOT_PACKAGES = ("linux-image-*", "intel-microcode", "amd64-microcode")


@dataclass(frozen=True)
class Package:
    """What apt would do with a package: ``upgrade``, ``install`` or ``remove``; a version it has not is empty."""

    name: str
    action: str
    before: str = ""
    after: str = ""
    origin: str = ""
    security: bool = False


@dataclass(frozen=True)
class Simulation:
    """What ``apt-get --simulate`` said it would do."""

    packages: tuple[Package, ...] = ()

    @property
    def removed(self) -> tuple[str, ...]:
        return tuple(package.name for package in self.packages if package.action == "remove")


@dataclass(frozen=True)
class World:
    """A host as it is.

    ``full`` may remove packages, ``careful`` removes none. ``mapped`` and ``stale`` are the files that the processes of
    each unit have in memory, and those of them that are gone from disk. ``files`` are those of each package to upgrade.
    """

    full: Simulation
    careful: Simulation
    upgradable: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    mapped: Mapping[str, frozenset[str]] = field(default_factory=dict)
    stale: Mapping[str, frozenset[str]] = field(default_factory=dict)
    files: Mapping[str, frozenset[str]] = field(default_factory=dict)
    running_kernel: str = ""
    kernels: tuple[str, ...] = ()
    # Packages that asked for a reboot, as Debian's hooks note them; None where nobody asked.
    asked: tuple[str, ...] | None = None
