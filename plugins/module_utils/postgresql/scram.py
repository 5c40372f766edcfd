# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SCRAM-SHA-256 verifiers, made here so that the server (and its log) never sees a password."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass

ITERATIONS = 4096
SALT_BYTES = 16
_FORM = re.compile(r"SCRAM-SHA-256\$(\d{1,9}):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)")


@dataclass(frozen=True)
class Verifier:
    """What the server stores instead of the password."""

    iterations: int
    salt: bytes
    stored_key: bytes
    server_key: bytes

    def to_text(self) -> str:
        """As it stands in pg_authid: ``SCRAM-SHA-256$4096:<salt>$<stored key>:<server key>``."""
        salt, stored, server = (
            base64.b64encode(part).decode() for part in (self.salt, self.stored_key, self.server_key)
        )
        return f"SCRAM-SHA-256${self.iterations}:{salt}${stored}:{server}"


def parse_verifier(text: str) -> Verifier | None:
    """The parts of a stored verifier; None for anything else (an MD5 hash, a damaged value)."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    try:
        salt, stored, server = (base64.b64decode(part, validate=True) for part in found.groups()[1:])
    except binascii.Error:
        return None
    return Verifier(int(found.group(1)), salt, stored, server)


def build_verifier(password: str, salt: bytes, iterations: int = ITERATIONS) -> Verifier:
    """RFC 5802 with SHA-256; the password is plain ASCII, for which SASLprep changes nothing."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    return Verifier(iterations, salt, hashlib.sha256(client_key).digest(), server_key)


def is_verifier_of(text: str | None, password: str) -> bool:
    """Whether the stored text belongs to the password, with at least the iterations used today."""
    verifier = parse_verifier(text or "")
    if verifier is None or verifier.iterations < ITERATIONS:
        return False
    expected = build_verifier(password, verifier.salt, verifier.iterations)
    return hmac.compare_digest(expected.to_text(), verifier.to_text())
