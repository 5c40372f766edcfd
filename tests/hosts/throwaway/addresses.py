# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and addresses of the hosts (pure)."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from collections.abc import Iterable, Mapping

PUBLIC, PRIVATE = "steward-public", "steward-private"
PUBLIC_IPV4, PUBLIC_IPV6 = "10.90.1.0/24", "fd90:1::/64"
PRIVATE_IPV4 = "10.90.2.0/24"

# For containers that are there while an image is made: they must not take a host's address.
PUBLIC_PASSING = "10.90.1.4/30"
CACHE, NAMES = "10.90.1.2", "10.90.1.3"

_FIXED = {"demo": 10}
_FIRST, _LAST = 20, 250
_NAME = re.compile(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
# Names of the network itself, and of the containers `steward-…` that are not hosts.
_TAKEN = frozenset({"localhost", "public", "private", "cache", "names", "host-build", "services-build"})


@dataclasses.dataclass(frozen=True)
class Addresses:
    number: int

    @property
    def public_ipv4(self) -> str:
        return f"10.90.1.{self.number}"

    @property
    def public_ipv6(self) -> str:
        """The same digits as in IPv4, easier to read than the same number."""
        return f"fd90:1::{self.number}"

    @property
    def private_ipv4(self) -> str:
        return f"10.90.2.{self.number}"


def name_problem(name: str) -> str:
    """Why a host cannot have this name; '' when it can."""
    if not _NAME.match(name) or len(name) > 32:
        return f"'{name}' is no host name: up to 32 small letters, digits and single hyphens, a letter first"
    return f"'{name}' is a name the test hosts' network uses itself" if name in _TAKEN else ""


def allocate(name: str, taken: Iterable[int]) -> int | None:
    """The last number of a new host's addresses; None when all are given away."""
    if name in _FIXED:
        return _FIXED[name]
    used = set(taken) | set(_FIXED.values())
    return next((number for number in range(_FIRST, _LAST + 1) if number not in used), None)


def build_names(hosts: Mapping[str, Addresses]) -> str:
    """What the name server knows: the plain name is the private address, as on a platform's own network."""
    lines = []
    for name, addresses in sorted(hosts.items()):
        lines += [
            f"{addresses.private_ipv4} {name} {name}.private",
            f"{addresses.public_ipv4} {name}.public",
            f"{addresses.public_ipv6} {name}.public",
        ]
    return "".join(f"{line}\n" for line in lines)


def build_known_hosts(hosts: Mapping[str, tuple[Addresses, str]]) -> str:
    """known_hosts for every way a host may be addressed; the key is 'ssh-ed25519 AAAA…'."""
    lines = []
    for name, (addresses, key) in sorted(hosts.items()):
        ways = (addresses.public_ipv4, addresses.public_ipv6, addresses.private_ipv4)
        lines.append(",".join([*ways, name, f"{name}.private", f"{name}.public"]) + f" {key}")
    return "".join(f"{line}\n" for line in lines)


def publish_problem(text: str) -> str:
    """Why this is no port to publish; '' when it is one, such as '8080:80'."""
    match = re.fullmatch(r"(\d{1,5}):(\d{1,5})", text)
    fits = match and all(0 < int(port) < 65536 for port in match.groups())
    return "" if fits else f"--publish '{text}' is no pair of ports: HERE:THERE, each 1 to 65535"


def overlaps(route: str) -> bool:
    """Whether an address range already used on this machine collides with ours."""
    ours = (ipaddress.ip_network(PUBLIC_IPV4), ipaddress.ip_network(PRIVATE_IPV4))
    other = ipaddress.ip_network(route, strict=False)
    return isinstance(other, ipaddress.IPv4Network) and other.prefixlen > 0 and any(net.overlaps(other) for net in ours)
