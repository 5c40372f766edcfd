# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The escrow bundle: the keys without which no backup can be read, encrypted by age for the operators.

A bundle is one JSON document. What it says in the clear names the keys and never holds one; it is said again inside, so
that a bundle whose outside was changed is refused. The digest is of keys of 256 random bits, so it gives nothing away.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from ...core import clock
from ...core.errors import InputError, StewardError
from ...core.plan import Change, Plan

SCHEMA = 1
PROGRAM = "age"
# What restoring cannot do without, as the escrow folder names it, and why.
NEEDED: Mapping[str, str] = {
    "backup-restic-password": "opens all backups but those of PostgreSQL",
    "backup-pgbackrest-cipher": "opens the backups of PostgreSQL",
    "backup-mac-key": "tells a manifest from a forged one",
    "openbao*": "opens OpenBao's snapshots",
}
UNSEAL = re.compile(r"openbao-(unseal-[A-Za-z0-9._-]+\.key)")
_RECIPIENT = re.compile(r"age1[a-z0-9]{50,2000}|ssh-(?:ed25519|rsa) [A-Za-z0-9+/=]{60,}(?: .*)?")
_ALLOWED = "an age recipient (age1…) or a public SSH key of type ed25519 or rsa"

Keys = Mapping[str, str]


def check_recipients(recipients: Sequence[str]) -> list[str]:
    """Each recipient once, an SSH key without its comment.

    :raises InputError: there is none, or one is not usable.
    """
    if not recipients:
        raise InputError(
            "recovery_recipients is empty, allowed is: at least one recipient",
            f"Name who may open the bundle, each by {_ALLOWED}; or give the operators ssh_keys.",
        )
    for recipient in recipients:
        if not _RECIPIENT.fullmatch(recipient.strip()):
            raise InputError(f"recovery_recipients has {recipient[:40]!r}, allowed is: {_ALLOWED}")
    return list(dict.fromkeys(" ".join(recipient.split()[:2]) for recipient in recipients))


def build_encrypt(recipients: Sequence[str]) -> list[str]:
    """The keys come on its standard input; recipients are no secret."""
    return [PROGRAM, "--encrypt", "--armor", *(f"--recipient={recipient}" for recipient in recipients)]


def build_decrypt(identity: str) -> list[str]:
    """The bundle comes on its standard input."""
    return [PROGRAM, "--decrypt", f"--identity={identity}"]


def digest(keys: Keys) -> str:
    """Tells whether two bundles have the same keys."""
    return hashlib.sha256(json.dumps(dict(sorted(keys.items()))).encode()).hexdigest()


def missing_keys(names: Sequence[str]) -> list[str]:
    """Which of :data:`NEEDED` no name stands for."""
    return [wanted for wanted in NEEDED if not any(fnmatchcase(name, wanted) for name in names)]


def head_of(platform: str, keys: Keys, recipients: Sequence[str]) -> dict[str, Any]:
    """What a bundle says in the clear.

    :raises StewardError: keys are missing without which nothing could be restored.
    """
    missing = missing_keys(list(keys))
    if missing:
        said = "; ".join(f"{name}, which {NEEDED[name]}" for name in missing)
        raise StewardError(f"the escrow folder lacks {said}", "Run playbooks/site.yml first; it writes them.")
    return {
        "schema": SCHEMA,
        "platform": platform,
        "keys": sorted(keys),
        "recipients": sorted(recipients),
        "digest": digest(keys),
    }


def build_plain(head: Mapping[str, Any], keys: Keys) -> str:
    """What is encrypted."""
    return json.dumps({"platform": head["platform"], "keys": dict(keys)})


def build_bundle(head: Mapping[str, Any], encrypted: str, now: datetime) -> str:
    """The bundle as it is carried away."""
    return json.dumps({**head, "made": clock.to_text(now), "age": encrypted}, indent=2) + "\n"


def plan_bundle(head: Mapping[str, Any], present: str) -> Plan:
    """Make a bundle, unless the present one has these keys for these recipients.

    :param present: the text of the present one; empty when there is none.
    """
    before = read_head(present) if present.strip() else {}
    facts = {name: head[name] for name in ("keys", "recipients")}
    if all(before.get(name) == value for name, value in head.items()):
        return Plan(facts=facts)
    return Plan((Change("encrypt", f"escrow of {head['platform']}", _lines(before), _lines(head)),), facts)


def _lines(head: Mapping[str, Any]) -> str:
    return "\n".join([*(f"key {name}" for name in head.get("keys", ())),
                      *(f"for {name}" for name in head.get("recipients", ()))])  # fmt: skip


def read_head(text: str) -> dict[str, Any]:
    """What a bundle says in the clear, with its encrypted part ``age``.

    :raises InputError: it is no bundle.
    """
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("age"), str):
        raise InputError("recovery_bundle is no escrow bundle", "It is the file that playbooks/escrow.yml wrote.")
    if document.get("schema") != SCHEMA:
        raise InputError(f"recovery_bundle has schema {document.get('schema')!r}, known is {SCHEMA}")
    return document


def refuse_foreign(head: Mapping[str, Any], platform: str) -> None:
    """:raises InputError: the bundle is another platform's."""
    if head.get("platform") != platform:
        raise InputError(f"recovery_bundle is of the platform {head.get('platform')!r}, allowed is one of {platform!r}")


def read_plain(head: Mapping[str, Any], plain: str) -> dict[str, str]:
    """The keys of a decrypted bundle, when they are what its outside says.

    :raises InputError: they are not.
    """
    document = json.loads(plain)
    keys: dict[str, str] = document["keys"]
    if document["platform"] != head.get("platform") or digest(keys) != head.get("digest"):
        raise InputError("recovery_bundle was changed: it holds other keys than it says", "Use another copy of it.")
    missing = missing_keys(list(keys))
    if missing:
        raise InputError(f"recovery_bundle lacks {', '.join(missing)}", "Nothing could be restored without.")
    return keys


def unseal_files(keys: Keys) -> dict[str, str]:
    """Where the keys that open OpenBao are read from.

    >>> unseal_files({"openbao-unseal-1.key": "…", "openbao.json": "…"})
    {'/etc/openbao/unseal-1.key': '…'}
    """
    found = {name: UNSEAL.fullmatch(name) for name in keys}
    return {f"/etc/openbao/{match[1]}": keys[name] for name, match in found.items() if match}


def backup_secrets(keys: Keys) -> dict[str, dict[str, str]]:
    """The keys as OpenBao would return them to the role ``backup``.

    >>> backup_secrets({"backup-mac-key": "k"})
    {'backup/mac-key': {'value': 'k'}}
    """
    return {
        name.replace("-", "/", 1): {"value": value.strip()}
        for name, value in keys.items()
        if name.startswith("backup-")
    }
