# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificates a host of a platform holds, and what is written where once they are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .model import CLIENT, SERVER

FOLDER = "/etc/ssl/steward"
AUTHORITY_FILE = f"{FOLDER}/ca/ca.pem"
TLS_GROUP = "steward-tls"
# A check run on a host without keys cannot know what the authority would sign.
NOT_ISSUED_YET = "(the internal CA issues this when the role runs without --check)\n"


def host_certificates(
    platform: Mapping[str, Any], host: str, service_names: Mapping[str, Sequence[str]], days: Mapping[str, int]
) -> list[dict[str, Any]]:
    """The certificates of one host: ``host`` on each, ``edge`` with the public names on proxy hosts.

    :param service_names: the internal names by which the services of a group are called.
    :param days: lifetime of ``host`` and ``edge``.
    """
    model = platform["hosts"][host]
    internal = [name for group in model["groups"] for name in service_names.get(group, [])]
    names = _unique([host, "localhost", *internal, model["private_address"], "127.0.0.1", "::1"])
    rows = [_row("host", names, days, [SERVER, CLIENT], mode="0640", group=TLS_GROUP)]
    if "proxy" in model["groups"]:
        routes = [route["host"] for service in platform["services"] for route in service["routes"]]
        rows.append(_row("edge", _unique([*platform["domains"], *routes]), days, [SERVER], mode="0600", group="root"))
    return rows


def _unique(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _row(
    name: str, names: list[str], days: Mapping[str, int], usages: list[str], *, mode: str, group: str
) -> dict[str, Any]:
    return {
        "name": name,
        "path": f"{FOLDER}/{name}.pem",
        "key": f"{FOLDER}/{name}.key",
        "names": names,
        "days": days[name],
        "usages": usages,
        "key_mode": mode,
        "key_group": group,
    }


def certificate_files(
    wishes: Sequence[Mapping[str, Any]], authority: str, good: Mapping[str, str], issued: Mapping[str, str]
) -> list[dict[str, str]]:
    """The public files for ``config_set``: the authority first, then each certificate, newly issued or present."""
    texts = {**good, **issued}
    files = [(AUTHORITY_FILE, authority), *((wish["path"], texts.get(wish["name"], "")) for wish in wishes)]
    return [{"path": path, "content": text or NOT_ISSUED_YET, "mode": "0644"} for path, text in files]
