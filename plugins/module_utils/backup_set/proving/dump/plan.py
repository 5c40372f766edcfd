# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a dump comes into an empty instance: from where, into which database, and which roles it misses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from ....core.errors import InputError, StewardError
from ...making.plan import s3_description
from ...model import Configuration

# A dump that misses more roles than this misses something else.
ROLES_MAXIMUM = 200
MAINTENANCE = "postgres"
_ROLE = re.compile(r'role "((?:[^"]|"")+)" does not exist')
_URL = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<key>[^\s]*[^\s/])")


def choose_version(folders: Sequence[str]) -> str:
    """The newest installed server, which reads dumps of all older ones.

    >>> choose_version(["/usr/lib/postgresql/15/bin/initdb", "/usr/lib/postgresql/17/bin/initdb"])
    '17'

    :raises StewardError: there is none.
    """
    versions = [int(number) for folder in folders for number in re.findall(r"/postgresql/(\d+)/", folder)]
    if not versions:
        raise StewardError("no PostgreSQL server is installed here", "A dump is restored on a database host.")
    return str(max(versions))


def missing_role(message: str) -> str:
    """The role that a restore missed, or nothing.

    >>> missing_role('psql:<stdin>:12: ERROR:  role "shop" does not exist')
    'shop'
    """
    found = _ROLE.search(message)
    return found[1].replace('""', '"') if found else ""


def database_of(path: str) -> str:
    """The database of a dump of ours, by the name of its folder.

    >>> database_of("/tmp/x/web%2Fshop")
    'web/shop'
    """
    return unquote(path.rpartition("/")[2])


def locate_object(url: str, configuration: Configuration) -> dict[str, Any]:
    """Where an object is, in the words of the domain ``s3``, with ``key``; the credentials are those of the configured
    repository in the same bucket.

    :raises InputError: it is no URL of an object, or no repository is in that bucket.
    """
    found = _URL.fullmatch(url)
    if found is None:
        raise InputError(f"the dump is {url!r}, allowed is: s3://BUCKET/KEY")
    rows = [row for row in configuration["repositories"] if row["type"] == "s3"]
    row = next((row for row in rows if row["bucket"] == found["bucket"]), None)
    if row is None:
        known = ", ".join(row["bucket"] for row in rows) or "none, this host has no repository in S3"
        raise InputError(f"the bucket is {found['bucket']!r}, allowed is one of: {known}")
    folder, _slash, name = found["key"].rpartition("/")
    return {**s3_description(row), "prefix": folder, "key": name}


def describe(path: str, found: Mapping[str, Any]) -> str:
    """One line for the progress."""
    return f"{path}: {found['kind']}{', ' + found['packing'] if found['packing'] else ''}, {found['tables']} tables"
