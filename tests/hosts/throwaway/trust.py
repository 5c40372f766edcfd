# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificate authorities this machine trusts beyond Debian's own."""

from __future__ import annotations

import os
import re
from pathlib import Path

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
_DEBIAN = Path("/usr/share/ca-certificates/mozilla")

# The whole bundle inside hosts and services: what an image build on a host is given as a secret.
PLACE = "/etc/steward-test/controller-ca.pem"


def read_bundle() -> str:
    """The bundle programs on this machine use."""
    candidates = (os.environ.get("SSL_CERT_FILE", ""), *_BUNDLES)
    return next((Path(path).read_text() for path in candidates if path and Path(path).is_file()), "")


def read_public() -> str:
    """What Debian's ca-certificates ships."""
    return "\n".join(path.read_text() for path in sorted(_DEBIAN.glob("*.crt")))


def extra_certificates(bundle: str, public: str) -> list[str]:
    """The certificates that are the machine's own: in its bundle, not shipped by Debian."""
    shipped = set(split(public))
    return [certificate for certificate in split(bundle) if certificate not in shipped]


def split(bundle: str) -> list[str]:
    """The certificates of a bundle, each once, in their order, without comments and stray spaces."""
    found = (_tidy(match) for match in _CERTIFICATE.findall(bundle))
    return list(dict.fromkeys(found))


def _tidy(certificate: str) -> str:
    return "\n".join(line.strip() for line in certificate.splitlines()) + "\n"
