# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door to an OpenBao server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..core import files, http
from ..core.errors import StewardError
from .model import Stored
from .plan import sealed

POLL_SECONDS = 0.3


class OpenBaoError(StewardError):
    """The server refused a request."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Server:
    """One server and the token with which it is asked."""

    def __init__(self, address: str, ca_file: str | None, token: str = "") -> None:
        self.address, self.ca_file, self.token = address, ca_file, token

    def ask(self, method: str, path: str, body: Any = None, *, absent: Sequence[int] = (404,)) -> dict[str, Any] | None:
        """The answer's document; None for a status of ``absent``, empty when there is no body.

        :raises OpenBaoError: the server refused; the message holds its reasons, never what was sent.
        """
        headers = {"X-Vault-Token": self.token} if self.token else {}
        url = f"{self.address}/v1/{path}"
        answer = http.request(method, url, json=body, headers=headers, ca_file=self.ca_file, timeout=60)
        if answer.status in absent:
            return None
        if answer.status < 300:
            return dict(answer.json()) if answer.text else {}
        raise self.refusal(method, path, answer)

    def refusal(self, method: str, path: str, answer: http.Response) -> StewardError:
        said = answer.json() if answer.text.startswith("{") else {}
        reasons = "; ".join(" ".join(str(reason).split()) for reason in said.get("errors") or [])
        if answer.status == 503 and "sealed" in reasons:
            return sealed(self.address)
        message = (
            f"OpenBao refused {method} {self.address}/v1/{path} with {answer.status}: {reasons or 'no reason given'}"
        )
        return OpenBaoError(message, answer.status)

    def data(self, path: str, *, method: str = "GET", absent: Sequence[int] = (404,)) -> dict[str, Any] | None:
        """The ``data`` of what is read from a path."""
        document = self.ask(method, path, absent=absent)
        return None if document is None else dict(document["data"])

    def keys(self, path: str) -> list[str]:
        return list((self.data(path, method="LIST") or {}).get("keys", []))

    def health(self, *, timeout: float = 10.0) -> dict[str, Any]:
        """Whether it is initialised, sealed, standing by; any status is an answer here."""
        url = f"{self.address}/v1/sys/health"
        answer = http.request("GET", url, ca_file=self.ca_file, timeout=timeout)
        said = dict(answer.json())
        if "sealed" not in said:
            # While a snapshot takes the place of what it held.
            raise http.HttpError(f"GET {url} got no answer but {answer.status}: {answer.text[:200].strip()}")
        return said

    def login(self, role_id: str, secret_id: str) -> bool:
        """Take the token of an AppRole; False when the server does not accept the pair."""
        try:
            answer = self.ask("POST", "auth/approle/login", {"role_id": role_id, "secret_id": secret_id})
        except OpenBaoError as error:
            if error.status in (400, 403):
                return False
            raise
        self.token = answer["auth"]["client_token"] if answer else ""
        return bool(self.token)

    def secret(self, path: str) -> Stored | None:
        """A secret of a key-value store, at ``<mount>/data/<path>``."""
        url = f"{self.address}/v1/{path}"
        answer = http.request("GET", url, headers={"X-Vault-Token": self.token}, ca_file=self.ca_file)
        if answer.status not in (200, 404):
            raise self.refusal("GET", path, answer)
        document = answer.json().get("data")
        if not document:
            return None
        return Stored(document["data"] or {}, document["metadata"]["version"], deleted=document["data"] is None)


def wait_until(server: Server, ready: Callable[[Mapping[str, Any]], bool], seconds: float) -> dict[str, Any]:
    """The server's health once it is as awaited, or as it is when the time is over.

    :raises HttpError: it does not answer at all.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            health = server.health()
            if ready(health) or time.monotonic() > deadline:
                return health
        except http.HttpError:
            if time.monotonic() > deadline:
                raise
        time.sleep(POLL_SECONDS)


def is_active(health: Mapping[str, Any]) -> bool:
    return not health["sealed"] and not health["standby"]


def connect(options: Mapping[str, Any]) -> Server:
    """The server with the admin AppRole's token.

    :raises StewardError: the login file is not there or not accepted, or the server is sealed.
    """
    server = Server(options["address"], options["ca_file"])
    state = login_admin(server, options["admin_file"])
    if state != "works":
        raise StewardError(
            f"the OpenBao login in {options['admin_file']} is {state}", "Run the role openbao on this host first."
        )
    return server


def login_admin(server: Server, path: str) -> str:
    login = files.read_json(path)
    if login is None:
        return "absent"
    return "works" if server.login(login["role_id"], login["secret_id"]) else "refused"


def read_secrets(server: Server, mount: str, paths: Sequence[str]) -> dict[str, dict[str, str]]:
    """The named secrets' fields.

    :raises StewardError: one is not there; by name.
    """
    found = {path: server.secret(f"{mount}/data/{path}") for path in paths}
    missing = sorted(path for path, stored in found.items() if stored is None or stored.deleted)
    if missing:
        raise StewardError(
            f"OpenBao has no secret {', '.join(missing)} in {mount}", "Run the role openbao with the whole model first."
        )
    return {path: dict(stored.fields) for path, stored in found.items() if stored}


def new_secret_id(server: Server, name: str, metadata: Mapping[str, str], cidrs: Sequence[str] = ()) -> str:
    body = {"metadata": json.dumps(dict(metadata)), "cidr_list": list(cidrs)}
    answer = server.ask("POST", f"auth/approle/role/{name}/secret-id", body) or {}
    return str(answer["data"]["secret_id"])


def destroy(server: Server, name: str, accessors: Sequence[str]) -> None:
    for accessor in accessors:
        server.ask("POST", f"auth/approle/role/{name}/secret-id-accessor/destroy", {"secret_id_accessor": accessor})
