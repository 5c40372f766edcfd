# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only door to HTTP servers."""

from __future__ import annotations

import contextlib
import http.client
import json as json_codec
import os
import shutil
import ssl
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from .errors import StewardError

BLOCK = 1 << 20


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
    asked = urllib.request.Request(url, data=body, headers=sent, method=method)
    with _answered(asked, ca_file, timeout) as answer:
        return Response(answer.status, dict(answer.headers), answer.read().decode(errors="replace"))


def transfer(
    method: str,
    url: str,
    *,
    source: IO[bytes] | None = None,
    target: IO[bytes] | None = None,
    headers: Mapping[str, str] | None = None,
    ca_file: str | None = None,
    timeout: float = 60.0,
) -> Response:
    """Ask once as :func:`request` does, with bodies that are too large to be held in memory.

    :param source: a file whose content is sent, from its beginning to its end.
    :param target: takes the body of an answer below 300, whose text is then empty.
    :raises HttpError: there was no whole answer.
    """
    sent = dict(headers or {})
    if source is not None:
        sent |= {"Content-Type": "application/octet-stream", "Content-Length": str(source.seek(0, os.SEEK_END))}
        source.seek(0)
    asked = urllib.request.Request(url, data=source, headers=sent, method=method)
    with _answered(asked, ca_file, timeout) as answer:
        if target is None or answer.status >= 300:
            return Response(answer.status, dict(answer.headers), answer.read().decode(errors="replace"))
        shutil.copyfileobj(answer, target, BLOCK)
        # Read in blocks, a body that ends early looks like one that ends.
        if answer.length:
            raise http.client.IncompleteRead(b"", answer.length)
        return Response(answer.status, dict(answer.headers), "")


@contextlib.contextmanager
def _answered(asked: urllib.request.Request, ca_file: str | None, timeout: float) -> Iterator[Any]:
    handlers: list[Any] = [urllib.request.ProxyHandler({}), _KeepStatus()]
    try:
        if asked.full_url.startswith("https:"):
            handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca_file)))
        with urllib.request.build_opener(*handlers).open(asked, timeout=timeout) as answer:
            yield answer
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise HttpError(f"{asked.get_method()} {asked.full_url} got no answer: {reason}") from error
