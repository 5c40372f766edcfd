# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the application that serves here against a scratch instance, out of reach of production.

Its containers have a network of their own that leads to this host only. There they find PostgreSQL and Redis, by TLS of
an authority made for the purpose: the scratch instance, as whatever role they name, and an empty Redis.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from ....backup_validation.model import Check, Scratch
from ....backup_validation.scratch import client as scratches
from ....containers import client as engine
from ....core import clock, files, unix_socket
from ....core.errors import StewardError
from ....core.relay import relay_tcp
from ....health.client import read_configuration
from ....pki import x509
from ....pki.model import SERVER
from ....pki.plan import AUTHORITY_CERTIFICATE, BACKDATE
from ....redis.scratch import client as empty_redis
from ....release.trial.client import aside, folder_of, wait_answer
from ....validation.client import read_secrets, read_serving
from ....validation.model import Serving
from ...model import Configuration
from ..dump.client import ROOT, WORK
from .plan import (
    POSTGRESQL,
    REDIS,
    Candidate,
    choose,
    refusal,
    refuse_host,
    seclude,
    served_check,
    untold_check,
    users_of,
)

SLOT, NETWORK = "proof", "steward-proof"
# As long as a slow service has at a deploy, and again, for its machine has other work.
READY_SECONDS = 180
# For all around it: Compose, the first look, the end.
ROUND_SECONDS = 120
LIFE = timedelta(days=1)

Say = Callable[[str], object]


@dataclass(frozen=True)
class Application:
    """What serves on this host, and the services of it that can be started against a restored database."""

    serving: Serving
    candidates: Sequence[Candidate]


def find(configuration: Configuration) -> Application:
    """Look for it before anything is restored.

    :raises InputError: there is none that could be started.
    """
    refuse_host(configuration)
    try:
        serving = read_serving()
    except StewardError as error:
        raise refusal(error.message) from error
    images = {name: service["image"] for name, service in serving.record["services"].items()}
    secrets = {service["name"]: read_secrets(serving, service["name"]) for service in serving.services}
    chosen = choose(serving.services, images, secrets)
    for candidate in chosen:
        if engine.image_id(candidate.image) is None:
            raise refusal(f"the image {candidate.image} of {candidate.name} is no longer on this host")
    if users_of(chosen, REDIS) and shutil.which("redis-server") is None:
        raise refusal("redis-server is not installed on this host, and the application needs a Redis")
    return Application(serving, chosen)


def clear() -> None:
    """Remove what a killed verification left: containers on the network, and copies of secrets."""
    empty_redis.end()
    if shutil.which("docker"):
        engine.remove_network(NETWORK)
    with contextlib.suppress(StewardError):
        shutil.rmtree(folder_of(read_configuration(), SLOT), ignore_errors=True)


def serve(application: Application, scratch: Scratch, *, say: Say) -> list[Check]:
    """Start each service with a database, one after the other, and wait until it is ready; nothing of it is left.

    :param scratch: runs, and reaches nobody.
    """
    platform, chosen = application.serving.platform, application.candidates
    try:
        if read_serving().record["id"] != application.serving.record["id"]:
            return [untold_check("another release serves since, with which it has to be verified again")]
        with engine.own_network(NETWORK) as address, _servers(scratch, chosen, address) as (authority, ports):
            amend = partial(seclude, network=NETWORK, authority=authority)
            found = []
            for candidate in chosen:
                say(f"{candidate.name}: {candidate.image} is started against it")
                change = partial(candidate.lead_to, address=address, ports=ports)
                begun = time.monotonic()
                place = aside(platform, candidate.service, candidate.image, change, slot=SLOT, amend=amend)
                with place as (file, started):
                    problem = _start(candidate, file, started)
                found.append(served_check(candidate, problem, time.monotonic() - begun))
            return found
    except StewardError as error:
        return [untold_check(error.message)]


def _start(candidate: Candidate, file: str, started: str) -> str:
    """What is wrong; empty when the service is ready."""
    deadline = time.monotonic() + READY_SECONDS
    try:
        engine.up(file, started, READY_SECONDS)
        left = deadline - time.monotonic()
        return wait_answer(candidate.service, candidate.service["health"]["ready"], started, left)
    except StewardError as error:
        return error.message


@contextmanager
def _servers(scratch: Scratch, chosen: Sequence[Candidate], address: str) -> Iterator[tuple[str, Mapping[str, int]]]:
    """The folder with the authority to trust, and the port of each kind of server on the address."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=ROOT, prefix=WORK))
        context = _certify(address, folder)
        sockets = {POSTGRESQL: scratches.admit(scratch, users_of(chosen, POSTGRESQL))}
        if users := users_of(chosen, REDIS):
            life = (READY_SECONDS + ROUND_SECONDS) * len(chosen)
            sockets[REDIS] = stack.enter_context(empty_redis.opened(users, life))
        ports = {
            server: stack.enter_context(relay_tcp(address, context, partial(unix_socket.connect, path)))
            for server, path in sockets.items()
        }
        yield f"{folder}/authority", ports


def _certify(address: str, folder: str) -> ssl.SSLContext:
    """Make an authority, publish its certificate below a folder, and let it sign a key for the address."""
    now = clock.now()
    period = (now - BACKDATE, now + LIFE)
    root, leaf = (x509.new_key() for _each in range(2))
    root_key, leaf_key = x509.load_key(root, "the authority"), x509.load_key(leaf, "the server")
    authority = x509.sign_authority(root_key, f"steward {SLOT}", period)
    request = x509.make_request(leaf_key, [address])
    signed = x509.sign_leaf(
        request,
        root_key,
        x509.load_certificate(authority, "the authority"),
        names=[address],
        usages=[SERVER],
        period=period,
    )
    os.mkdir(f"{folder}/authority")
    # The service's account reads it, whatever our umask.
    os.chmod(f"{folder}/authority", 0o755)
    files.write(f"{folder}/authority/{AUTHORITY_CERTIFICATE}", authority, mode="0644")
    files.write(f"{folder}/server.pem", leaf + signed, mode="0600")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/server.pem")
    return context
