# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide which certificates are due and what is to be done about keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ..core.errors import InputError, StewardError
from ..core.plan import Change, Plan
from .model import Access, Authority, Certificate, Held, KeyFile, Wish

# Renewal begins with the last third of the lifetime, so that a run a month serves any lifetime from a quarter on.
RENEW_FRACTION = 3
# Clocks differ a little between hosts: a new certificate is already valid on one that is behind.
BACKDATE = timedelta(minutes=5)

CREATE_KEY, SET_KEY_ACCESS, ISSUE, SET_ACCESS = "create key", "set access of the key", "issue", "set access"
# Of a common name, by X.509.
SUBJECT_LENGTH = 64
AUTHORITY_KEY, AUTHORITY_CERTIFICATE = "ca.key", "ca.pem"
AUTHORITY_KEY_MODE, CERTIFICATE_MODE = "0400", "0644"


def reason_to_issue(wish: Wish, held: Held, now: datetime) -> str:
    """Why a certificate is due, in words for people; empty when the present one is good."""
    present = held.certificate
    if present is None:
        return "there is none"
    if held.key is None or held.key.public_key != present.public_key:
        return "its key is another one"
    if not held.trusted:
        return "another authority signed it"
    if set(present.names) != set(wish.names):
        return f"its names are {', '.join(present.names) or 'none'}"
    if set(present.usages) != set(wish.usages):
        return f"its usages are {', '.join(present.usages) or 'none'}"
    if needs_renewal(present, now):
        return f"it ends on {present.not_after:%Y-%m-%d}"
    return ""


def needs_renewal(certificate: Certificate, now: datetime) -> bool:
    """Whether the last third of the lifetime has begun."""
    return certificate.not_after - now < (certificate.not_after - certificate.not_before) / RENEW_FRACTION


def validity(days: int, now: datetime, authority_ends: datetime) -> tuple[datetime, datetime]:
    """First and last moment of a new certificate, which never outlives its authority."""
    return now - BACKDATE, min(now + timedelta(days=days), authority_ends)


def plan_request(wishes: Sequence[Wish], held: Mapping[str, Held], now: datetime) -> Plan:
    """Keys to make or to protect; the facts are the good certificates and the requests for those that are due."""
    changes = [change for wish in wishes for change in _key_changes(wish, held[wish.name].key)]
    due = {wish.name: reason_to_issue(wish, held[wish.name], now) for wish in wishes}
    requests = [_request(wish, held[wish.name].csr, due[wish.name]) for wish in wishes if due[wish.name]]
    good = {name: have.certificate.pem for name, have in held.items() if have.certificate and not due[name]}
    return Plan(changes=tuple(changes), facts={"requests": requests, "certificates": good})


def _request(wish: Wish, csr: str, reason: str) -> dict[str, Any]:
    return {
        "name": wish.name,
        "reason": reason,
        "csr": csr,
        "names": list(wish.names),
        "usages": list(wish.usages),
        "days": wish.days,
    }


def _key_changes(wish: Wish, key: KeyFile | None) -> list[Change]:
    return _file_changes(
        wish.key,
        (key.owner, key.group, key.mode) if key else None,
        ("root", wish.key_group, wish.key_mode),
        made=(CREATE_KEY, "private key (P-256)"),
        protected=SET_KEY_ACCESS,
    )


def _file_changes(
    path: str, seen: Access | None, wanted: Access, *, made: tuple[str, str], protected: str
) -> list[Change]:
    """A file that is to be made (action and description), or only to be protected."""
    data = {"group": wanted[1], "mode": wanted[2]}
    if seen is None:
        return [Change(made[0], path, after=f"{made[1]}, {' '.join(wanted)}", data=data)]
    return [Change(protected, path, before=" ".join(seen), after=" ".join(wanted), data=data)] if seen != wanted else []


def plan_issue(requests: Sequence[Mapping[str, Any]]) -> Plan:
    """One change a request; a request without its CSR comes from a check run, which made no key."""
    changes = tuple(
        Change(ISSUE, row["name"], row["reason"], f"{', '.join(row['names'])} for {row['days']} days", row)
        for row in requests
    )
    return Plan(changes=changes, facts={"certificates": {}})


def plan_authority(seen: Authority, subject: str, days: int, folder: str) -> Plan:
    """Make the authority where there is none, and complete one that was made in part.

    :raises InputError: the subject is too long.
    :raises StewardError: the certificate is there without its key, or with another one.
    """
    if not 1 <= len(subject) <= SUBJECT_LENGTH:
        raise InputError(f"subject is {subject!r}, allowed is a text of 1 to {SUBJECT_LENGTH} characters")
    key_path, path = f"{folder}/{AUTHORITY_KEY}", f"{folder}/{AUTHORITY_CERTIFICATE}"
    _refuse_broken(seen, key_path, path)
    key = (seen.key.owner, seen.key.group, seen.key.mode) if seen.key else None
    changes = _file_changes(
        key_path,
        key,
        ("root", "root", AUTHORITY_KEY_MODE),
        made=(CREATE_KEY, "private key (P-256)"),
        protected=SET_KEY_ACCESS,
    ) + _file_changes(
        path,
        seen.access,
        ("root", "root", CERTIFICATE_MODE),
        made=(ISSUE, f"{subject}, {days} days"),
        protected=SET_ACCESS,
    )
    return Plan(changes=tuple(changes), facts={"certificate": seen.certificate.pem if seen.certificate else ""})


def _refuse_broken(seen: Authority, key_path: str, certificate_path: str) -> None:
    if seen.certificate is None:
        return
    if seen.key is None:
        raise StewardError(
            f"{certificate_path} is there, its key {key_path} is not",
            "Bring the key back from where it is escrowed, or remove the certificate to begin a new authority.",
        )
    if seen.key.public_key != seen.certificate.public_key:
        raise StewardError(
            f"{key_path} is not the key of {certificate_path}",
            "Bring back the pair that belongs together, or remove the certificate to sign a new one with this key.",
        )
