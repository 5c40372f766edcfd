# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bucket should be, and what one was seen to be, both in S3's own documents made comparable."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...core.errors import InputError

COMPLIANCE, GOVERNANCE = "COMPLIANCE", "GOVERNANCE"
ENABLED, SUSPENDED = "Enabled", "Suspended"
# S3's own rule, without the dots that TLS certificates for virtual hosts do not cover.
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(user|role)/[A-Za-z0-9+=,.@_/-]+")
_RULE = re.compile(r"[A-Za-z0-9_.-]{1,255}")
_LIST = ("s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketLocation")
# Who may what: actions on the bucket, on all its objects, and on restic's locks only. None may delete a version,
# so with each of these keys only what is current can be removed, never what was.
GRANTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "backup": (
        _LIST,
        ("s3:PutObject", "s3:GetObject", "s3:GetObjectVersion", "s3:DeleteObject", "s3:AbortMultipartUpload"),
        (),
    ),
    "append": (_LIST, ("s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"), ("s3:DeleteObject",)),
    "read": (_LIST, ("s3:GetObject", "s3:GetObjectVersion"), ()),
}


@dataclass(frozen=True)
class Lock:
    """The default retention of new versions; without ``mode`` the bucket has Object Lock but no default."""

    mode: str = ""
    days: int = 0

    def __str__(self) -> str:
        return f"{self.mode}, {self.days} days" if self.mode else "no default retention"


@dataclass(frozen=True)
class Bucket:
    """A wanted bucket; what is None is left as it is."""

    name: str
    versioning: bool
    lock: Lock | None
    lifecycle: tuple[Mapping[str, Any], ...] | None
    policy: Mapping[str, Any] | None


@dataclass(frozen=True)
class BucketState:
    """A bucket as it was seen; ``lock`` is None without Object Lock, ``policy`` is empty without one."""

    versioning: str
    lock: Lock | None
    lifecycle: tuple[Mapping[str, Any], ...]
    policy: Mapping[str, Any]


def build_bucket(options: Mapping[str, Any]) -> Bucket:
    """The wish from the module's options.

    :raises InputError: the first defect.
    """
    name = options["name"]
    if not _NAME.fullmatch(name):
        raise InputError(f"name is {name!r}, allowed are 3 to 63 lower-case letters, digits and hyphens")
    row = options["lock"]
    lock = Lock(row["mode"], row["days"]) if row else None
    if lock and lock.days < 1:
        raise InputError(f"lock.days is {lock.days}, allowed is: at least 1")
    if lock and not options["versioning"]:
        raise InputError("versioning is false, allowed is: true, because lock locks versions")
    rules, grants = options["lifecycle"], options["grants"]
    return Bucket(
        name,
        options["versioning"],
        lock,
        None if rules is None else render_lifecycle(rules),
        None if grants is None else render_policy(name, grants),
    )


def render_lifecycle(rows: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """Rules as S3 has them.

    :raises InputError: the first defect.
    """
    rules: dict[str, Mapping[str, Any]] = {}
    for index, row in enumerate(rows):
        place = f"lifecycle[{index}]"
        if not _RULE.fullmatch(row["name"]) or row["name"] in rules:
            raise InputError(f"{place}.name is {row['name']!r}, allowed is: {_RULE.pattern}, each name once")
        rules[row["name"]] = _render_rule(row, place)
    return parse_lifecycle(rules.values())


def _render_rule(row: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    amounts = ("expire_days", "noncurrent_days", "noncurrent_keep", "abort_multipart_days")
    for name in amounts:
        if row[name] is not None and row[name] < 1:
            raise InputError(f"{place}.{name} is {row[name]}, allowed is: at least 1")
    if row["noncurrent_keep"] and not row["noncurrent_days"]:
        raise InputError(f"{place}.noncurrent_keep needs noncurrent_days beside it")
    if row["expire_days"] and row["expire_markers"]:
        raise InputError(f"{place} has expire_days and expire_markers, allowed is one of them")
    parts: dict[str, Any] = {}
    if row["expire_days"]:
        parts["Expiration"] = {"Days": row["expire_days"]}
    if row["expire_markers"]:
        parts["Expiration"] = {"ExpiredObjectDeleteMarker": True}
    if row["noncurrent_days"]:
        kept = {"NewerNoncurrentVersions": row["noncurrent_keep"]} if row["noncurrent_keep"] else {}
        parts["NoncurrentVersionExpiration"] = {"NoncurrentDays": row["noncurrent_days"], **kept}
    if row["abort_multipart_days"]:
        parts["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": row["abort_multipart_days"]}
    if not parts:
        raise InputError(f"{place} removes nothing, allowed is one of: {', '.join(amounts)}, expire_markers")
    return {"ID": row["name"], "Status": ENABLED, "Filter": {"Prefix": row["prefix"]}, **parts}


def parse_lifecycle(rules: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """Rules in one order and with one spelling of the prefix, whether a server answers the old or the new one."""
    found = []
    for rule in rules:
        left = {name: value for name, value in rule.items() if name != "Prefix"}
        found.append({**left, "Filter": rule.get("Filter") or {"Prefix": rule.get("Prefix", "")}})
    return tuple(sorted(found, key=lambda rule: str(rule.get("ID", ""))))


def render_policy(bucket: str, grants: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The bucket policy that allows what the grants say and nothing else; empty without grants.

    :raises InputError: a principal is none, or a prefix begins or ends with a slash.
    """
    statements: list[dict[str, Any]] = []
    for index, row in enumerate(grants):
        if not _PRINCIPAL.fullmatch(row["principal"]):
            said = f"grants[{index}].principal is {row['principal']!r}"
            raise InputError(f"{said}, allowed is: an ARN as arn:aws:iam::000000000000:user/backup")
        if row["prefix"] != row["prefix"].strip("/"):
            raise InputError(
                f"grants[{index}].prefix is {row['prefix']!r}, allowed is: one without slashes at its ends"
            )
        below = f"{row['prefix']}/" if row["prefix"] else ""
        base = f"arn:aws:s3:::{bucket}"
        places = ([base], [f"{base}/{below}*"], [f"{base}/{below}locks/*", f"{base}/{below}*/locks/*"])
        for part, (actions, place) in enumerate(zip(GRANTS[row["grant"]], places, strict=True)):
            if actions:
                statements.append(
                    {
                        "Sid": f"{row['grant']}{index}part{part}",
                        "Effect": "Allow",
                        "Principal": {"AWS": row["principal"]},
                        "Action": list(actions),
                        "Resource": place,
                    }
                )
    return parse_policy({"Version": "2012-10-17", "Statement": statements}) if statements else {}


def parse_policy(policy: Mapping[str, Any]) -> Mapping[str, Any]:
    """A policy in which a list of one is that one and other lists have one order, as servers take them for equal."""
    statements = policy.get("Statement", [])
    rows = statements if isinstance(statements, list) else [statements]
    return {**policy, "Statement": [_canonical(row) for row in rows]} if policy else {}


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _canonical(part) for name, part in value.items()}
    if isinstance(value, list):
        return _canonical(value[0]) if len(value) == 1 else sorted(value)
    return value
