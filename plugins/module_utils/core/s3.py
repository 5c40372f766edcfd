# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only door to S3 servers."""

from __future__ import annotations

import configparser
import functools
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from . import files
from .errors import InputError, StewardError

CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0
# The first attempt and two more, with growing pauses; what is away longer is for the next run.
ATTEMPTS = 3
KEYS = ("aws_access_key_id", "aws_secret_access_key")
WRONG_KEYS = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken")
MISSING = ("404", "NoSuchBucket", "NoSuchKey", "NoSuchVersion")


class S3Error(StewardError):
    """The server could not be reached or refused a request; ``code`` is S3's word for it, empty without an answer."""

    def __init__(self, message: str, hint: str = "", code: str = "") -> None:
        super().__init__(message, hint)
        self.code = code

    @property
    def is_missing(self) -> bool:
        return self.code in MISSING


@dataclass(frozen=True)
class Access:
    """Where a server is, and in which file and section the keys are; ``ca_file`` None means the system's CAs."""

    endpoint: str
    region: str
    credentials_file: str
    profile: str
    ca_file: str | None = None

    @classmethod
    def read(cls, options: Mapping[str, Any]) -> Access:
        """From options of these names."""
        return cls(**{name: options[name] for name in cls.__dataclass_fields__})


def connect(access: Access, *, connections: int = 4) -> Any:
    """A client that takes keys, proxies and settings from nowhere but ``access``; its methods are those of boto3's.

    :param connections: how many requests there are at once.
    :raises InputError: the file of the keys is not there, not private or without the profile.
    :raises S3Error: the library is not installed.
    """
    try:
        import botocore.config
    except ImportError as error:
        raise S3Error("python3-botocore is not installed", "Install python3-boto3 on this host first.") from error
    identifier, secret = _read_keys(access)
    settings: dict[str, Any] = {
        "signature_version": "s3v4",
        "s3": {"addressing_style": "path"},
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": READ_SECONDS,
        "retries": {"mode": "standard", "total_max_attempts": ATTEMPTS},
        "proxies": {},
        "max_pool_connections": connections,
    }
    # Checksums of the new kind are refused by servers that do not know them; older libraries do not know them either.
    for name in ("request_checksum_calculation", "response_checksum_validation"):
        if name in botocore.config.Config.OPTION_DEFAULTS:
            settings[name] = "when_required"
    with answers(access.endpoint):
        return _session().create_client(
            "s3",
            aws_access_key_id=identifier,
            aws_secret_access_key=secret,
            endpoint_url=access.endpoint,
            region_name=access.region,
            verify=access.ca_file or True,
            config=botocore.config.Config(**settings),
        )


@functools.cache
def _session() -> Any:
    """One for all clients, because each has read the same large tables into memory."""
    import botocore.session

    session = botocore.session.Session()
    session.set_config_variable("config_file", os.devnull)
    return session


def _read_keys(access: Access) -> tuple[str, str]:
    """Both keys of the profile; no message holds one."""
    state = files.observe(access.credentials_file)
    if state is None:
        raise InputError(f"credentials_file is {access.credentials_file}, which does not exist")
    if int(state.mode, 8) & 0o077:
        raise InputError(f"credentials_file {access.credentials_file} has mode {state.mode}, allowed is 0400 or 0600")
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(state.content)
    except configparser.Error:
        # Not the parser's own message: it shows the line.
        raise InputError(f"credentials_file {access.credentials_file} is no AWS shared credentials file") from None
    if not parser.has_section(access.profile):
        known = ", ".join(parser.sections()) or "none"
        raise InputError(f"profile is {access.profile!r}, {access.credentials_file} has: {known}")
    found = [parser.get(access.profile, key, fallback="") for key in KEYS]
    if not all(found):
        raise InputError(f"the profile {access.profile} of {access.credentials_file} needs {' and '.join(KEYS)}")
    return found[0], found[1]


@contextmanager
def answers(endpoint: str, doing: str = "") -> Iterator[None]:
    """Requests whose refusals and failures become one line each.

    :param doing: what is tried, for the message.
    :raises S3Error: as described there.
    """
    import botocore.exceptions
    import urllib3.exceptions

    place = f"{endpoint}{': ' if doing else ''}{doing}"
    try:
        yield
    except botocore.exceptions.ClientError as error:
        said = error.response.get("Error", {})
        code = str(said.get("Code", ""))
        hint = "Look at the keys in the credentials file." if code in WRONG_KEYS else ""
        raise S3Error(f"{place}: {code}: {_one_line(said.get('Message', ''))}", hint, code) from error
    except (botocore.exceptions.BotoCoreError, urllib3.exceptions.HTTPError, ValueError) as error:
        raise S3Error(f"{place}: {_one_line(error)}") from error


def _one_line(text: object) -> str:
    return " ".join(str(text).split()).rstrip(".")
