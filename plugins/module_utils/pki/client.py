# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only door to the files of keys and certificates."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from ..core import clock, files
from ..core.errors import StewardError
from ..core.plan import Change, Plan
from . import x509
from .model import Authority, Certificate, Held, KeyFile, Wish
from .plan import (
    AUTHORITY_CERTIFICATE,
    AUTHORITY_KEY,
    BACKDATE,
    CREATE_KEY,
    ISSUE,
    SET_ACCESS,
    SET_KEY_ACCESS,
    plan_request,
    validity,
)


def observe_wishes(wishes: Sequence[Wish], authority_pem: str) -> dict[str, Held]:
    """What lies on this host for each wish; without an authority nothing is trusted."""
    authority = x509.load_certificate(authority_pem, "the authority's certificate") if authority_pem else None
    return {wish.name: _observe_wish(wish, authority) for wish in wishes}


def _observe_wish(wish: Wish, authority: Any) -> Held:
    key = _observe_key(wish.key)
    csr = x509.make_request(_load_key(wish.key), wish.names) if key else ""
    state = files.observe(wish.path)
    if state is None:
        return Held(None, key, csr=csr)
    loaded = x509.load_certificate(state.content, wish.path)
    trusted = authority is not None and x509.is_signed_by(loaded, authority)
    return Held(x509.describe(loaded, state.content), key, trusted, csr)


def _observe_key(path: str) -> KeyFile | None:
    state = files.observe(path)
    if state is None:
        return None
    return KeyFile(x509.fingerprint(_load_key(path).public_key()), state.mode, state.owner, state.group)


def read_certificate(path: str) -> Certificate | None:
    """The first certificate in a PEM file, or None when there is no such file."""
    state = files.observe(path)
    return x509.describe(x509.load_certificate(state.content, path), state.content) if state else None


def _load_key(path: str) -> Any:
    return x509.load_key(_content_of(path), path)


def _content_of(path: str) -> str:
    state = files.observe(path)
    if state is None:
        raise StewardError(f"{path} is not there", "Run the role pki on the host it belongs to.")
    return state.content


def apply_request(wishes: Sequence[Wish], authority_pem: str, plan: Plan) -> Mapping[str, Any]:
    """Make and protect the keys, then tell again what is due, now with requests made with them."""
    for change in plan.changes:
        _apply(change, {CREATE_KEY: x509.new_key})
    return plan_request(wishes, observe_wishes(wishes, authority_pem), clock.now()).facts


def _apply(change: Change, makers: Mapping[str, Any]) -> None:
    """Write a new file, or the present one again with the access it should have; it never appears with another."""
    os.makedirs(os.path.dirname(change.subject), mode=0o755, exist_ok=True)
    content = _content_of(change.subject) if change.action in (SET_ACCESS, SET_KEY_ACCESS) else makers[change.action]()
    files.write(change.subject, content, mode=change.data["mode"], group=change.data["group"])


def observe_authority(folder: str) -> Authority:
    """The CA in its folder."""
    path = os.path.join(folder, AUTHORITY_CERTIFICATE)
    state = files.observe(path)
    access = (state.owner, state.group, state.mode) if state else None
    return Authority(_observe_key(os.path.join(folder, AUTHORITY_KEY)), read_certificate(path), access)


def apply_authority(folder: str, subject: str, days: int, plan: Plan) -> Mapping[str, Any]:
    """Carry out what the plan says and return the authority's certificate."""

    def sign() -> str:
        now = clock.now()
        key = _load_key(os.path.join(folder, AUTHORITY_KEY))
        return x509.sign_authority(key, subject, (now - BACKDATE, now + timedelta(days=days)))

    os.makedirs(folder, mode=0o700, exist_ok=True)
    for change in plan.changes:
        _apply(change, {CREATE_KEY: x509.new_key, ISSUE: sign})
    return {"certificate": _content_of(os.path.join(folder, AUTHORITY_CERTIFICATE))}


def apply_issue(folder: str, plan: Plan) -> Mapping[str, Any]:
    """Sign what was requested and return the certificates by name."""
    path = os.path.join(folder, AUTHORITY_CERTIFICATE)
    key, authority = _load_key(os.path.join(folder, AUTHORITY_KEY)), x509.load_certificate(_content_of(path), path)
    ends = x509.describe(authority, "").not_after

    def sign(row: Mapping[str, Any]) -> str:
        period = validity(row["days"], clock.now(), ends)
        return x509.sign_leaf(row["csr"], key, authority, names=row["names"], usages=row["usages"], period=period)

    return {"certificates": {change.subject: sign(change.data) for change in plan.changes}}
