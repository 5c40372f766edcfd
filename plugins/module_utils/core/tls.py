# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a listener answers to a TLS client that verifies it."""

from __future__ import annotations

import socket
import ssl

# The one good answer; every other text says what is wrong.
SERVED = "TLS with the host's certificate"


def connect(address: str, port: int, *, ca_file: str, timeout: float = 5.0) -> ssl.SSLSocket:
    """A connection to a server whose certificate was verified.

    :raises OSError: there is none.
    """
    context = ssl.create_default_context(cafile=ca_file)
    plain = socket.create_connection((address, port), timeout=timeout)
    try:
        return context.wrap_socket(plain, server_hostname=address)
    except BaseException:
        plain.close()
        raise


def answer(address: str, port: int, *, ca_file: str, certificate: str, hello: bytes = b"", timeout: float = 5.0) -> str:
    """:data:`SERVED` when the listener shows this very certificate and the CA vouches for it, else why not.

    :param ca_file: the CA in PEM; likewise ``certificate``, whose first one is compared.
    :param hello: bytes that ask a server for TLS which begins in plain text; it must answer ``S`` as PostgreSQL does.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
        with open(certificate, encoding="ascii") as file:
            expected = ssl.PEM_cert_to_DER_cert(_first_certificate(file.read()))
        with socket.create_connection((address, port), timeout=timeout) as plain:
            if hello:
                plain.sendall(hello)
                if plain.recv(1) != b"S":
                    return "no TLS"
            with context.wrap_socket(plain, server_hostname=address) as secured:
                shown = secured.getpeercert(binary_form=True)
    except (OSError, ValueError) as error:
        return f"no TLS connection: {error}"
    return SERVED if shown == expected else "another certificate than the host's"


def _first_certificate(text: str) -> str:
    end = "-----END CERTIFICATE-----"
    return text[: text.index(end) + len(end)]
