# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only door to HTTP servers."""

from __future__ import annotations

import http.client
import json as json_codec
import ssl
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import StewardError


class HttpError(StewardError):
    """No answer came: refused, timed out, name unknown or certificate not trusted."""


@dataclass(frozen=True)
class Response:
    """An HTTP answer, whatever its status."""

    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        """The body as JSON.

        :raises HttpError: it is none.
        """
        try:
            return json_codec.loads(self.text)
        except ValueError as error:
            raise HttpError(f"the answer with status {self.status} is not JSON: {self.text[:200]!r}") from error


class _KeepStatus(urllib.request.HTTPErrorProcessor):
    """Hand every status to the caller: a redirect or a 503 is an answer, not an exception."""

    def http_response(self, request: Any, response: Any) -> Any:
        return response

    https_response = http_response


def request(
    method: str,
    url: str,
    *,
    json: Any = None,
    headers: Mapping[str, str] | None = None,
    ca_file: str | None = None,
    timeout: float = 10.0,
) -> Response:
    """Ask once, follow nothing, retry nothing, use no proxy; certificates are always verified.

    :param json: sent as the body when not None.
    :param ca_file: CA bundle in PEM; None means the system's.
    :param timeout: seconds for connecting and for each read.
    :raises HttpError: as described there.
    """
    body = None if json is None else json_codec.dumps(json).encode()
    sent = {"Content-Type": "application/json", **(headers or {})} if body else dict(headers or {})
    handlers: list[Any] = [urllib.request.ProxyHandler({}), _KeepStatus()]
    asked = urllib.request.Request(url, data=body, headers=sent, method=method)
    try:
        if url.startswith("https:"):
            handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca_file)))
        with urllib.request.build_opener(*handlers).open(asked, timeout=timeout) as answer:
            return Response(answer.status, dict(answer.headers), answer.read().decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        raise HttpError(f"{method} {url} got no answer: {getattr(error, 'reason', error)}") from error
