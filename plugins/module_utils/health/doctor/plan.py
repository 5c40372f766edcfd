# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is looked at on a host, by its groups."""

from __future__ import annotations

from ..model import Configuration, Probe

EVERYWHERE = ("disks", "memory", "load", "pressure", "failed units", "timers", "journal")


def plan_probes(configuration: Configuration) -> tuple[Probe, ...]:
    """The looks for this host: those every host is given, and those of its groups."""
    probes = [Probe(name, name) for name in EVERYWHERE]
    if "app" in configuration["groups"]:
        probes.append(Probe("containers", "containers", {"platform": configuration["platform"]}))
    if "database" in configuration["groups"]:
        probes.append(Probe("database locks", "database locks", {"port": configuration["postgresql"]["port"]}))
    return tuple(probes)
