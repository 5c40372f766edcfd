# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two networks and what the hosts on them share: the package cache and the name server."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import socket
from pathlib import Path

from . import addresses, cache, process
from .engine import docker
from .paths import cache_dir, state_dir, write
from .say import HostsError, progress

LABEL = "org.steward.test-hosts"
_CACHE, _NAMES = "steward-cache", "steward-names"
_NOBODY = 65534
CACHE_PROXY = f"http://{addresses.CACHE}:{cache.PORT}"


def check_free() -> None:
    """Refuse to start where another network of this machine already uses our addresses."""
    if docker("network", "ls", "--quiet", "--filter", f"label={LABEL}"):
        return
    routes = json.loads(process.run(["ip", "-json", "-4", "route", "show"]).stdout)
    taken = [route["dst"] for route in routes if route["dst"] != "default" and addresses.overlaps(route["dst"])]
    if taken:
        raise HostsError(
            f"the address range {taken[0]} is already used on this machine",
            f"the test hosts need {addresses.PUBLIC_IPV4} and {addresses.PRIVATE_IPV4}",
        )


def ensure_networks() -> None:
    """Create what is missing. The private network has no way out, so the default route is always the public one."""
    mtu = f"com.docker.network.driver.mtu={_mtu()}"
    public = f"--ipv6 --subnet {addresses.PUBLIC_IPV6} --subnet {addresses.PUBLIC_IPV4}"
    wanted = {
        addresses.PUBLIC: f"{public} --ip-range {addresses.PUBLIC_PASSING}",
        addresses.PRIVATE: f"--internal --subnet {addresses.PRIVATE_IPV4}",
    }
    there = docker("network", "ls", "--format", "{{.Name}}").split()
    for name, options in wanted.items():
        if name not in there:
            docker("network", "create", "--label", LABEL, "--opt", mtu, *options.split(), name)
            progress("network", f"created {name}")


def ensure_services(image: str, cache_config: str) -> None:
    """Start the package cache and the name server when they do not run as they should."""
    folder = _cache_folder()
    write(folder / "squid.conf", cache_config)
    _ensure(_CACHE, image, addresses.CACHE, cache.command(), folder, cache.FOLDER, cache_config)
    _ensure(_NAMES, image, addresses.NAMES, _names_command(), names_folder(), "/names")
    if not process.poll(_cache_listens, seconds=30):
        raise HostsError(f"the package cache does not listen at {CACHE_PROXY}", f"read 'docker logs {_CACHE}'")


def publish_names(text: str) -> None:
    """Give the name server its new table."""
    write(names_folder() / "hosts", text)
    docker("kill", "--signal", "HUP", _NAMES, check=False)


def remove() -> None:
    """Take everything away that belongs to the networks and not to one host."""
    docker("rm", "--force", _CACHE, _NAMES, check=False)
    there = docker("network", "ls", "--filter", f"label={LABEL}", "--format", "{{.Name}}").split()
    if there:
        docker("network", "rm", *there)
        progress("network", f"removed {' and '.join(there)}, their package cache and name server")


def names_folder() -> Path:
    folder = state_dir() / "names"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    if not (folder / "resolv.conf").exists():
        write(folder / "hosts", "")
        write(folder / "resolv.conf", f"nameserver {addresses.NAMES}\n")
    return folder


def _ensure(
    name: str, image: str, address: str, command: list[str], folder: Path, inside: str, config: str = ""
) -> None:
    owner = os.geteuid() or _NOBODY
    confined = shlex.split(f"""
        --restart unless-stopped --network {addresses.PUBLIC} --ip {address} --user {owner}:{owner}
        --cap-drop ALL --security-opt no-new-privileges --read-only --tmpfs /tmp --tmpfs /run:mode=1777
    """)
    options = [*confined, "--volume", f"{folder}:{inside}", image, *command]
    wanted = hashlib.sha256("\0".join([*options, config]).encode()).hexdigest()
    facts = '{{.State.Running}} {{index .Config.Labels "' + LABEL + '"}}'
    if docker("inspect", "--format", facts, name, check=False) == f"true {wanted}":
        return
    docker("rm", "--force", name, check=False)
    docker("run", "--detach", "--name", name, "--label", f"{LABEL}={wanted}", *options)
    progress("network", f"started {name} at {address}")


def _cache_listens() -> bool:
    try:
        socket.create_connection((addresses.CACHE, cache.PORT), timeout=2).close()
    except OSError:
        return False
    return True


def _names_command() -> list[str]:
    return shlex.split("""
        dnsmasq --keep-in-foreground --log-facility=- --pid-file= --conf-file=/dev/null --no-hosts
        --addn-hosts=/names/hosts --domain-needed --local=/private/ --local=/public/
    """)


def _cache_folder() -> Path:
    folder = cache_dir() / "apt"
    folder.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        os.chown(folder, _NOBODY, _NOBODY)
    return folder


def _mtu() -> int:
    """The MTU of the way out: larger packets from the hosts would be lost on some machines."""
    routes = json.loads(process.run(["ip", "-json", "route", "show", "default"]).stdout)
    if not routes:
        return 1500
    links = json.loads(process.run(["ip", "-json", "link", "show", "dev", routes[0]["dev"]]).stdout)
    return int(links[0]["mtu"])
