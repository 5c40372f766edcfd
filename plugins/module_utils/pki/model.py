# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates as the rest of the collection sees them; only the client knows the library behind them."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..core.errors import InputError

SERVER, CLIENT = "server", "client"
# Owner, group and mode of a file.
Access = tuple[str, str, str]


def canonical(name: str) -> str:
    """The one spelling of a name or address, so that equal ones compare equal.

    >>> canonical("FD00:0::1"), canonical("Example.COM")
    ('fd00::1', 'example.com')
    """
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.lower()


@dataclass(frozen=True)
class Wish:
    """A certificate a host should hold: where it and its key lie, the names it is for and how long it lasts."""

    name: str
    path: str
    key: str
    names: tuple[str, ...]
    days: int
    usages: tuple[str, ...]
    key_mode: str
    key_group: str

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Wish:
        """A wish from a module's options.

        :raises InputError: it is for no name, or for less than a day.
        """
        if not row["names"]:
            raise InputError(f"the certificate {row['name']} has no names, at least one is needed")
        if row["days"] < 1:
            raise InputError(f"the certificate {row['name']} lasts {row['days']} days, at least 1 is needed")
        names = tuple(canonical(name) for name in row["names"])
        return cls(**{**row, "names": names, "usages": tuple(row["usages"])})


@dataclass(frozen=True)
class Certificate:
    """What a certificate says; ``public_key`` is the fingerprint of its key."""

    pem: str
    names: tuple[str, ...]
    usages: tuple[str, ...]
    public_key: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True)
class KeyFile:
    """A private key on disk, known by the fingerprint of its public half, never by its content."""

    public_key: str
    mode: str
    owner: str
    group: str


@dataclass(frozen=True)
class Held:
    """What lies on the host for one wish.

    ``trusted`` says that the CA signed the certificate, ``csr`` is a signing request made with the key.
    """

    certificate: Certificate | None
    key: KeyFile | None
    trusted: bool = False
    csr: str = ""


@dataclass(frozen=True)
class Authority:
    """The CA as it lies on its host; ``access`` is that of the certificate's file."""

    key: KeyFile | None
    certificate: Certificate | None
    access: Access | None = None
