# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509 as library
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.pki import x509

# Certificates hold whole seconds.
NOW = datetime(2026, 6, 1, tzinfo=UTC)
PERIOD = (NOW, NOW + timedelta(days=90))
NAMES = ["db1.example.com", "10.0.0.5", "fd00::1"]


class Pair:
    """An authority made by the code under test."""

    def __init__(self, subject: str = "test CA") -> None:
        self.key = x509.load_key(x509.new_key(), "ca.key")
        self.pem = x509.sign_authority(self.key, subject, PERIOD)
        self.certificate = x509.load_certificate(self.pem, "ca.pem")

    def issue(self, csr: str, names: list[str], usages: tuple[str, ...] = ("server", "client")) -> Any:
        pem = x509.sign_leaf(csr, self.key, self.certificate, names=names, usages=usages, period=PERIOD)
        return x509.load_certificate(pem, "leaf")


@pytest.fixture(scope="module")
def authority() -> Pair:
    return Pair()


def extension(certificate: Any, kind: Any) -> Any:
    return certificate.extensions.get_extension_for_class(kind)


def test_authority_satisfies_strict_verification(authority: Pair) -> None:
    usage = extension(authority.certificate, library.KeyUsage)
    constraints = extension(authority.certificate, library.BasicConstraints)
    assert (usage.critical, usage.value.key_cert_sign, usage.value.crl_sign) == (True, True, True)
    assert not usage.value.digital_signature
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)
    identifier = extension(authority.certificate, library.SubjectKeyIdentifier).value.digest
    assert extension(authority.certificate, library.AuthorityKeyIdentifier).value.key_identifier == identifier
    assert x509.is_signed_by(authority.certificate, authority.certificate)


def test_leaf_has_what_was_granted_and_the_key_of_the_request(authority: Pair) -> None:
    key = x509.load_key(x509.new_key(), "host.key")
    leaf = authority.issue(x509.make_request(key, ["somebody.else"]), NAMES)
    seen = x509.describe(leaf, "PEM")
    assert (seen.names, seen.usages, seen.pem) == (tuple(NAMES), ("server", "client"), "PEM")
    assert (seen.not_before, seen.not_after) == PERIOD
    assert seen.public_key == x509.fingerprint(key.public_key())
    assert leaf.subject.rfc4514_string() == "CN=db1.example.com"
    assert not extension(leaf, library.BasicConstraints).value.ca
    assert x509.is_signed_by(leaf, authority.certificate)


def test_long_first_name_leaves_the_subject_empty_and_the_names_critical(authority: Pair) -> None:
    name = f"{'x' * 60}.example.com"
    key = x509.load_key(x509.new_key(), "host.key")
    leaf = authority.issue(x509.make_request(key, [name]), [name])
    assert not list(leaf.subject)
    assert extension(leaf, library.SubjectAlternativeName).critical


def test_other_authorities_are_told_apart(authority: Pair) -> None:
    key = x509.load_key(x509.new_key(), "host.key")
    leaf = authority.issue(x509.make_request(key, NAMES), NAMES)
    assert not x509.is_signed_by(leaf, Pair("other CA").certificate)
    assert not x509.is_signed_by(leaf, Pair("test CA").certificate), "same name, other key"
    foreign = SimpleNamespace(
        subject=leaf.issuer, public_key=rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key
    )
    assert not x509.is_signed_by(leaf, foreign), "another kind of key"


def test_foreign_certificate_is_described_too() -> None:
    key = x509.load_key(x509.new_key(), "k")
    name = library.Name([])
    bare = (
        library.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(PERIOD[0])
        .not_valid_after(PERIOD[1])
    )
    assert x509.describe(bare.sign(key, hashes.SHA256()), "").names == ()
    usages = library.ExtendedKeyUsage([library.ObjectIdentifier("1.2.3.4")])
    signed = bare.add_extension(usages, critical=False).sign(key, hashes.SHA256())
    assert x509.describe(signed, "").usages == ("1.2.3.4",)


def test_older_library_tells_naive_times() -> None:
    old = SimpleNamespace(not_valid_after=datetime(2026, 6, 1))  # noqa: DTZ001 - version 38 has nothing else
    assert x509._moment(old, "not_valid_after") == NOW


def rsa_key() -> str:
    return (
        rsa.generate_private_key(public_exponent=65537, key_size=2048)
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )


def locked_key() -> str:
    key = x509.load_key(x509.new_key(), "k")
    lock = serialization.BestAvailableEncryption(b"passphrase")
    return str(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock).decode())


@pytest.mark.parametrize(
    "content", ["", "rubbish secret-word", rsa_key(), locked_key()], ids=["empty", "text", "rsa", "locked"]
)
def test_file_without_a_usable_key_is_refused_without_quoting_it(content: str) -> None:
    with pytest.raises(StewardError) as caught:
        x509.load_key(content, "/s/host.key")
    assert str(caught.value).startswith("/s/host.key holds no elliptic curve key without a passphrase")
    assert "secret-word" not in str(caught.value)


def test_file_without_a_certificate_is_refused() -> None:
    with pytest.raises(StewardError, match=r"/s/host\.pem holds no certificate"):
        x509.load_certificate("rubbish", "/s/host.pem")


def test_request_must_be_one_and_prove_its_key(authority: Pair) -> None:
    with pytest.raises(StewardError, match="the request for db1 is no signing request"):
        authority.issue("", ["db1"])
    good = x509.make_request(x509.load_key(x509.new_key(), "k"), ["db1"])
    der = bytearray(library.load_pem_x509_csr(good.encode()).public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    forged = library.load_der_x509_csr(bytes(der)).public_bytes(serialization.Encoding.PEM).decode()
    with pytest.raises(StewardError, match="the request for db1 is not signed with its own key"):
        authority.issue(forged, ["db1"])


def test_missing_library_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(StewardError, match="python3-cryptography is not installed"):
        x509.new_key()
