# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service gets that shall start against restored data: other addresses, and nothing that opens production."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from ....backup_validation.model import ASSERTED, SERVED, Check
from ....containers.plan import CA_ON_HOST, Document
from ....core.errors import InputError
from ....core.findings import UNKNOWN
from ....validation.environment import hide
from ...model import Configuration

POSTGRESQL, REDIS = "postgresql", "redis"
# Which server the secrets below a path are for.
SERVERS: Mapping[str, str] = {"database/": POSTGRESQL, "redis/": REDIS}
# Nobody asks for it there.
PASSWORD = "scratch"
# Sockets lie here, and a mount that can only be read does not keep anybody from connecting.
SOCKETS = ("/run", "/var/run")


@dataclass(frozen=True)
class Candidate:
    """A web service that serves here, with the image it serves from and its secret files' contents."""

    service: Mapping[str, Any]
    image: str
    secrets: Sequence[str]

    @property
    def name(self) -> str:
        return str(self.service["name"])

    @property
    def servers(self) -> dict[tuple[str | None, int | None], str]:
        """The platform's own servers that it uses: of each address and port the kind."""
        return {
            (split.hostname, split.port): server
            for file in self.service["secret_files"]
            for prefix, server in SERVERS.items()
            if file["path"].startswith(prefix) and (split := _split(file["format"]))
        }

    def users(self, server: str) -> list[str]:
        """The accounts by which it comes to a kind of server, as those name them."""
        splits = [split for text in self.secrets if (split := _split(text)) and self._server(split) == server]
        return sorted({unquote(split.username or "") for split in splits})

    def _server(self, split: SplitResult) -> str:
        return self.servers.get((split.hostname, split.port), "")

    def lead_to(self, text: str, address: str, ports: Mapping[str, int]) -> str:
        """A secret's content where PostgreSQL and Redis are elsewhere, without the password of the real ones.

        :param ports: of each kind of server.
        """
        split = _split(text)
        server = self._server(split) if split else ""
        if split is None or not server:
            return text
        return urlunsplit(split._replace(netloc=f"{split.username}:{PASSWORD}@{address}:{ports[server]}"))


def _split(text: str) -> SplitResult | None:
    """A URL with a host; a secret may look like anything."""
    try:
        split = urlsplit(text)
        return split if split.hostname and split.port else None
    except ValueError:
        return None


def users_of(candidates: Iterable[Candidate], server: str) -> list[str]:
    return sorted({user for candidate in candidates for user in candidate.users(server)})


def refuse_host(configuration: Configuration) -> None:
    """:raises InputError: this host makes no physical backup of databases, which alone has their roles."""
    database = configuration.get("postgresql")
    if database is None:
        raise refusal("no database is backed up on this host")
    if database["method"] != "physical":
        raise refusal("the databases of this host are dumped, and a dump has no role that may log in")


def choose(
    services: Iterable[Mapping[str, Any]], images: Mapping[str, str], secrets: Mapping[str, Sequence[str]]
) -> list[Candidate]:
    """The services to start: those on the web that use a database. Workers would take no work that counts.

    :param images: of each service the image it serves from; ``secrets`` are the contents of its files.
    :raises InputError: there is none on this host.
    """
    web = [service for service in services if service["kind"] == "web"]
    found = [Candidate(service, images[service["name"]], secrets[service["name"]]) for service in web]
    found = [candidate for candidate in found if candidate.users(POSTGRESQL)]
    if not found:
        raise refusal("no web service on this host uses a database")
    return found


def refusal(reason: str) -> InputError:
    """Why the application cannot be started here."""
    return InputError(
        f"level is {SERVED}, but {reason}; allowed is: 0 to {ASSERTED}",
        f"Level {SERVED} is for a host where the application serves.",
    )


def seclude(document: Document, network: str, authority: str) -> Document:
    """A Compose document whose containers reach only what is on a network, and write to nothing of production's.

    Without the labels of the platform nobody takes them for what serves.

    :param network: the name of one that is there.
    :param authority: folder with the certificate of the authority to trust.
    """

    def amend(replica: Mapping[str, Any]) -> dict[str, Any]:
        own, *others = replica["volumes"]
        volumes = [own, *({**volume, "read_only": True} for volume in others if not _holds_sockets(volume["source"]))]
        volumes = [{**volume, "source": authority} if volume["source"] == CA_ON_HOST else volume for volume in volumes]
        return {**replica, "restart": "no", "labels": {}, "volumes": volumes}

    replicas = {name: amend(replica) for name, replica in document["services"].items()}
    return {**document, "services": replicas, "networks": {"default": {"name": network, "external": True}}}


def _holds_sockets(source: str) -> bool:
    return any(PurePosixPath(source).is_relative_to(folder) for folder in SOCKETS)


def served_check(candidate: Candidate, problem: str, seconds: float) -> Check:
    """Whether a service became ready.

    :param problem: why it did not, in the first line, and what it said; the secrets it was given are not told on.
    """
    figures: dict[str, Any] = {"image": candidate.image, "seconds": round(seconds, 1)}
    name = f"serves {candidate.name}"
    if not problem:
        return Check(SERVED, name, "pass", f"{candidate.image} is ready {seconds:.1f} s after its start", figures)
    first, *said = hide(problem, candidate.secrets).splitlines()
    message = f"{candidate.image} does not become ready: {first.removesuffix(', its last lines:')}"
    return Check(SERVED, name, "fail", message, {**figures, "said": said})


def untold_check(reason: str) -> Check:
    """That it could not be told, which is nothing against the backup."""
    return Check(SERVED, "application", UNKNOWN, f"it could not be started against it: {reason}")
