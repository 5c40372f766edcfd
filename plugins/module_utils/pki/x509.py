# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys, requests and certificates as texts, over Debian's python3-cryptography; touches no file.

The library is imported inside the functions: a host that holds no certificate needs none. Debian 12 has its version 38,
so newer conveniences are not used.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ..core.errors import StewardError
from .model import CLIENT, SERVER, Certificate, canonical
from .plan import SUBJECT_LENGTH

Period = tuple[datetime, datetime]


def library() -> Any:
    """The library's x509 module.

    :raises StewardError: it is not installed.
    """
    try:
        from cryptography import x509
    except ImportError as error:
        raise StewardError("python3-cryptography is not installed", "Run the role host_agent first.") from error
    return x509


def load_certificate(pem: str, where: str) -> Any:
    """The first certificate of a PEM text; ``where`` names its place in the error."""
    try:
        return library().load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise StewardError(f"{where} holds no certificate", "Remove it to get a new one.") from error


def load_key(pem: str, where: str) -> Any:
    """The private key of a PEM text; the error never quotes it."""
    library()
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise StewardError(f"{where} holds no elliptic curve key without a passphrase", "Remove it to get a new one.")
    return key


def new_key() -> str:
    """A new private key on the curve P-256."""
    library()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(encoding, form, serialization.NoEncryption()).decode()


def fingerprint(public_key: Any) -> str:
    """SHA-256 of the public key's DER form, in hexadecimal digits."""
    from cryptography.hazmat.primitives import serialization

    encoded = public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(encoded).hexdigest()


def describe(certificate: Any, pem: str) -> Certificate:
    """The library's certificate as ours."""
    return Certificate(
        pem=pem,
        names=_names_of(certificate),
        usages=_usages_of(certificate),
        public_key=fingerprint(certificate.public_key()),
        not_before=_moment(certificate, "not_valid_before"),
        not_after=_moment(certificate, "not_valid_after"),
    )


def _moment(certificate: Any, attribute: str) -> datetime:
    # The aware attribute came with version 42; before, the plain one is naive UTC.
    moment: datetime = getattr(certificate, f"{attribute}_utc", None) or getattr(certificate, attribute)
    return moment.replace(tzinfo=UTC)


def _names_of(certificate: Any) -> tuple[str, ...]:
    return tuple(canonical(str(name.value)) for name in _extension(certificate, "SubjectAlternativeName"))


def _usages_of(certificate: Any) -> tuple[str, ...]:
    names = {identifier: name for name, identifier in _usage_identifiers().items()}
    return tuple(names.get(usage, usage.dotted_string) for usage in _extension(certificate, "ExtendedKeyUsage"))


def _extension(certificate: Any, kind: str) -> Any:
    x509 = library()
    try:
        return certificate.extensions.get_extension_for_class(getattr(x509, kind)).value
    except x509.ExtensionNotFound:
        return ()


def _usage_identifiers() -> dict[str, Any]:
    from cryptography.x509.oid import ExtendedKeyUsageOID

    return {SERVER: ExtendedKeyUsageOID.SERVER_AUTH, CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH}


def is_signed_by(certificate: Any, authority: Any) -> bool:
    """Whether the authority's key made the certificate's signature."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec

    key, algorithm = authority.public_key(), certificate.signature_hash_algorithm
    if certificate.issuer != authority.subject or not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    try:
        key.verify(certificate.signature, certificate.tbs_certificate_bytes, ec.ECDSA(algorithm))
    except InvalidSignature:
        return False
    return True


def make_request(key: Any, names: Sequence[str]) -> str:
    """A request that proves the key; the names that count are the ones the controller tells the authority."""
    from cryptography.hazmat.primitives import hashes, serialization

    request = library().CertificateSigningRequestBuilder().subject_name(_subject(names)).sign(key, hashes.SHA256())
    return str(request.public_bytes(serialization.Encoding.PEM).decode())


def sign_authority(key: Any, subject: str, period: Period) -> str:
    """A certificate for an authority that signs itself and may sign hosts, but no further authority."""
    x509 = library()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)])
    builder = _builder(name, name, key.public_key(), key, period)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return _sign(builder.add_extension(_key_usage(authority=True), critical=True), key)


def sign_leaf(
    csr: str, key: Any, authority: Any, *, names: Sequence[str], usages: Sequence[str], period: Period
) -> str:
    """A certificate for the key that signed the request.

    :raises StewardError: the request is none, or not signed with its own key.
    """
    x509, identifiers, subject = library(), _usage_identifiers(), _subject(names)
    public_key = _public_key_of_request(csr, names[0])
    extended = x509.ExtendedKeyUsage([identifiers[usage] for usage in usages])
    alternative = x509.SubjectAlternativeName([_general_name(name) for name in names])
    builder = (
        _builder(authority.subject, subject, public_key, key, period)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(authority=False), critical=True)
        .add_extension(extended, critical=False)
        # Without a subject the names are the only identity, and then they must be critical (RFC 5280, 4.2.1.6).
        .add_extension(alternative, critical=not list(subject))
    )
    return _sign(builder, key)


def _subject(names: Sequence[str]) -> Any:
    """The first name; one too long for the field leaves the subject empty."""
    x509 = library()
    fits = len(names[0]) <= SUBJECT_LENGTH
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])] if fits else [])


def _public_key_of_request(csr: str, name: str) -> Any:
    try:
        request = library().load_pem_x509_csr(csr.encode())
    except ValueError as error:
        raise StewardError(f"the request for {name} is no signing request") from error
    if not request.is_signature_valid:
        raise StewardError(f"the request for {name} is not signed with its own key")
    return request.public_key()


def _general_name(name: str) -> Any:
    x509 = library()
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(issuer: Any, subject: Any, public_key: Any, key: Any, period: Period) -> Any:
    """What every certificate of ours has, with the key identifiers that strict verification asks for."""
    x509 = library()
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(period[0])
        .not_valid_after(period[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )


def _key_usage(*, authority: bool) -> Any:
    return library().KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _sign(builder: Any, key: Any) -> str:
    from cryptography.hazmat.primitives import hashes, serialization

    return str(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode())
