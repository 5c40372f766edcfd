# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service gets that shall start against restored data: other addresses, and nothing that opens production."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from ....backup_validation.model import ASSERTED, SERVED, Check
from ....containers.plan import CA_ON_HOST, Document
from ....core.errors import InputError
from ....validation.environment import hide

POSTGRESQL, REDIS = "postgresql", "redis"
# Which server a URL's scheme means; what follows a plus is the driver.
SERVERS: Mapping[str, str] = {
    "postgresql": POSTGRESQL,
    "postgres": POSTGRESQL,
    "redis": REDIS,
    "rediss": REDIS,
}
# Nobody asks for it there.
PASSWORD = "scratch"


@dataclass(frozen=True)
class Candidate:
    """A web service that serves here, with the image it serves from and its secret files' contents."""

    service: Mapping[str, Any]
    image: str
    secrets: Sequence[str]

    @property
    def name(self) -> str:
        return str(self.service["name"])

    def users(self, server: str) -> list[str]:
        """The accounts by which it comes to a kind of server, as those name them."""
        found = [split for text in self.secrets if (split := _split(text)) and _server(split) == server]
        return sorted({unquote(split.username or "") for split in found})


def users_of(candidates: Iterable[Candidate], server: str) -> list[str]:
    return sorted({user for candidate in candidates for user in candidate.users(server)})


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


def lead_to(text: str, address: str, ports: Mapping[str, int]) -> str:
    """A secret's content where PostgreSQL and Redis are elsewhere, without the password of the real ones.

    :param ports: of each kind of server.

    >>> lead_to("postgresql+psycopg://shop:s3cret@db:5432/shop?sslmode=verify-full", "172.30.0.1", {"postgresql": 4711})
    'postgresql+psycopg://shop:scratch@172.30.0.1:4711/shop?sslmode=verify-full'
    >>> lead_to("some other secret", "172.30.0.1", {"postgresql": 4711})
    'some other secret'
    """
    split = _split(text)
    server = _server(split) if split else ""
    if split is None or not server:
        return text
    netloc = f"{split.username or ''}:{PASSWORD}@{address}:{ports[server]}"
    return urlunsplit(split._replace(netloc=netloc))


def _split(text: str) -> SplitResult | None:
    try:
        return urlsplit(text)
    except ValueError:
        # A secret may look like anything.
        return None


def _server(split: SplitResult) -> str:
    return SERVERS.get(split.scheme.partition("+")[0], "") if split.netloc else ""


def seclude(document: Document, network: str, authority: str) -> Document:
    """A Compose document whose containers reach only what is on a network, and write to nothing of production's.

    :param network: the name of one that is there.
    :param authority: folder with the certificate of the authority to trust.
    """

    def amend(volume: Mapping[str, Any]) -> dict[str, Any]:
        source = authority if volume["source"] == CA_ON_HOST else volume["source"]
        return {**volume, "source": source, "read_only": True}

    replicas = {
        name: {**replica, "restart": "no", "volumes": [amend(volume) for volume in replica["volumes"]]}
        for name, replica in document["services"].items()
    }
    return {**document, "services": replicas, "networks": {"default": {"name": network, "external": True}}}


def served_check(candidate: Candidate, problem: str, seconds: float) -> Check:
    """Whether a service became ready.

    :param problem: why it did not; the secrets it was given are not told on.
    """
    figures = {"image": candidate.image, "seconds": round(seconds, 1)}
    name = f"serves {candidate.name}"
    if not problem:
        return Check(SERVED, name, "pass", f"{candidate.image} is ready {seconds:.1f} s after its start", figures)
    message = f"{candidate.image} does not become ready: {hide(problem, candidate.secrets)}"
    return Check(SERVED, name, "fail", message, figures)
