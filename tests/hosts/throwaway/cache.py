# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The package cache's configuration: squid between the hosts' apt and this machine's mirror (pure)."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterable, Mapping

from .trust import PLACE

PORT = 3142
FOLDER = "/cache"
CONFIG = f"{FOLDER}/squid.conf"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

# apt checks signatures and hashes itself, so what the mirror or apt say about caching need not be obeyed: a package
# never changes under its name, and package lists may be an hour old. So a second host asks the mirror for nothing.
_CACHING = "override-expire override-lastmod ignore-reload ignore-no-store ignore-private"
_FIXED = f"""\
http_port {PORT}
http_access allow hosts
http_access deny all
cache_dir ufs {FOLDER}/store 20480 16 256
cache_mem 64 MB
maximum_object_size 4 GB
collapsed_forwarding on
quick_abort_min -1 KB
refresh_pattern /dists/ 60 100% 60 {_CACHING}
refresh_pattern . 129600 100% 129600 {_CACHING}
access_log stdio:{FOLDER}/access.log
cache_log /dev/stderr
pid_filename none
netdb_filename none
pinger_enable off
coredump_dir none
shutdown_lifetime 1 seconds
max_filedescriptors 4096
visible_hostname steward-cache
"""


def build_config(network: str, mirrors: Iterable[str], proxy: str) -> str:
    """squid.conf for the hosts' network; a mirror with https:// is fetched by TLS, `proxy` is the machine's way out."""
    lines = [f"acl hosts src {network}", _FIXED.rstrip()]
    if proxy:
        way = urllib.parse.urlsplit(proxy)
        lines += [
            f"cache_peer {way.hostname} parent {way.port or 3128} 0 no-query default name=way-out",
            "never_direct allow all",
        ]
        return "\n".join(lines) + "\n"
    secure = {urllib.parse.urlsplit(uri).hostname or "" for uri in mirrors if uri.startswith("https://")}
    for host in sorted(secure):
        lines += [
            f"acl to-{host} dstdomain {host}",
            f"cache_peer {host} parent 443 0 no-query originserver tls tls-cafile={PLACE} name={host}",
            f"cache_peer_access {host} allow to-{host}",
            f"never_direct allow to-{host}",
        ]
    return "\n".join(lines) + "\n"


def find_proxy(apt_config: Mapping[str, str]) -> str:
    """The proxy this machine's apt uses; one on loopback is a cache of this machine and out of the hosts' reach."""
    proxy = apt_config.get("Acquire::http::Proxy", "")
    usable = proxy.startswith("http://") and urllib.parse.urlsplit(proxy).hostname not in _LOOPBACK
    return proxy if usable else ""


def command() -> list[str]:
    """Make the store when it is missing, then serve."""
    return ["sh", "-c", f"squid -N -z -f {CONFIG} && exec squid -N -f {CONFIG}"]
