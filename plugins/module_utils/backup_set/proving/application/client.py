# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the application that serves here against a scratch instance, out of reach of production.

Its containers have a network of their own that leads to this host only. There they find PostgreSQL and Redis, by TLS of
an authority made for the purpose: the scratch instance, as whatever role they name, and an empty Redis.
"""

from __future__ import annotations

import os
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial

from ....backup_validation.model import Check, Scratch
from ....backup_validation.scratch import client as scratches
from ....containers import client as engine
from ....containers.plan import project
from ....core import clock, files, unix_socket
from ....core.errors import StewardError
from ....core.relay import relay_tcp
from ....pki import x509
from ....pki.model import SERVER
from ....pki.plan import BACKDATE
from ....redis.scratch import client as empty_redis
from ....release.trial.client import aside, wait_answer
from ....validation.client import read_serving
from ....validation.model import Serving
from ..dump.client import ROOT, WORK
from .plan import (
    POSTGRESQL,
    REDIS,
    Candidate,
    choose,
    lead_to,
    refusal,
    seclude,
    served_check,
    users_of,
)

SLOT = "proof"
# As long as a slow service has at a deploy, and again, for its machine has other work.
READY_SECONDS = 180
LIFE = timedelta(days=1)
CA_FILE = "ca.pem"

Say = Callable[[str], object]


def candidates() -> tuple[Serving, list[Candidate]]:
    """What serves here, and the services of it that can be started against a restored database.

    :raises InputError: there is none.
    """
    try:
        serving = read_serving()
    except StewardError as error:
        raise refusal(error.message) from error
    folder = serving.platform["paths"]["secrets"]
    images = {name: service["image"] for name, service in serving.record["services"].items()}
    secrets = {service["name"]: _read(f"{folder}/{service['name']}") for service in serving.services}
    return serving, choose(serving.services, images, secrets)


def _read(folder: str) -> list[str]:
    names = os.listdir(folder) if os.path.isdir(folder) else []
    found = (files.observe(f"{folder}/{name}") for name in names)
    return [state.content for state in found if state is not None]


def serve(scratch: Scratch, *, say: Say) -> list[Check]:
    """Start each service with a database, one after the other, and wait until it is ready; nothing of it is left.

    :param scratch: runs.
    """
    serving, chosen = candidates()
    name = f"{serving.platform['name']}-{SLOT}"
    for candidate in chosen:
        # What a killed verification left is on the network.
        engine.down(project(serving.platform["name"], candidate.name, SLOT))
    with engine.own_network(name) as address, _servers(scratch, chosen, address) as (authority, ports):
        change = partial(lead_to, address=address, ports=ports)
        amend = partial(seclude, network=name, authority=authority)
        found = []
        for candidate in chosen:
            say(f"{candidate.name}: {candidate.image} is started against it")
            begun = time.monotonic()
            place = aside(serving.platform, candidate.service, candidate.image, change, slot=SLOT, amend=amend)
            with place as (file, started):
                problem = _start(candidate, file, started)
            found.append(served_check(candidate, problem, time.monotonic() - begun))
    return found


def _start(candidate: Candidate, file: str, started: str) -> str:
    """What is wrong; empty when the service is ready."""
    try:
        engine.up(file, started, READY_SECONDS)
        return wait_answer(candidate.service, candidate.service["health"]["ready"], started, READY_SECONDS)
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
            life = 2 * READY_SECONDS * len(chosen)
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
    os.mkdir(f"{folder}/authority", 0o755)
    files.write(f"{folder}/authority/{CA_FILE}", authority, mode="0644")
    files.write(f"{folder}/server.pem", leaf + signed, mode="0600")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/server.pem")
    return context
