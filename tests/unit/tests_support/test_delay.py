# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The delaying proxy changes when bytes arrive, and nothing else."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing

import pytest

from ansible_collections.steward.platform.tests.support.load import delay

SECONDS = 0.1
# A busy machine wakes processes late, never early.
SLACK = 0.08
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connected(answer: Callable[..., Awaitable[None]]) -> AsyncIterator[Streams]:
    """A connection through the proxy to a server that answers like this."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy = await delay.serve("127.0.0.1", server.sockets[0].getsockname()[1], SECONDS)
    async with server, proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.sockets[0].getsockname()[1])
        try:
            yield reader, writer
        finally:
            writer.close()
            # For the other ends to learn of it.
            await asyncio.sleep(3 * SECONDS)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(100):
        writer.write(chunk)


def test_an_answer_takes_the_delay_of_both_ways() -> None:
    async def measure() -> list[float]:
        took = []
        async with connected(echo) as (reader, writer):
            for _number in range(5):
                began = time.monotonic()
                writer.write(b"hello")
                assert await reader.readexactly(5) == b"hello"
                took.append(time.monotonic() - began)
        return took

    took = asyncio.run(measure())
    assert min(took) >= 2 * SECONDS
    assert sorted(took)[2] < 2 * SECONDS + SLACK


def test_what_is_sent_one_after_the_other_arrives_so_and_waits_once() -> None:
    sent = b"".join(number.to_bytes(4, "big") for number in range(100_000))

    async def measure() -> float:
        async with connected(echo) as (reader, writer):
            began = time.monotonic()
            for start in range(0, len(sent), 20_000):
                writer.write(sent[start : start + 20_000])
                await asyncio.sleep(0.001)
            assert await reader.readexactly(len(sent)) == sent
            return time.monotonic() - began

    # One at a time the 20 pieces would take 20 times as long.
    assert 2 * SECONDS <= asyncio.run(measure()) < 20 * SECONDS


def test_a_half_closed_connection_is_still_answered() -> None:
    async def answer_the_whole(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"all of " + await reader.read())

    async def ask() -> bytes:
        async with connected(answer_the_whole) as (reader, writer):
            writer.write(b"it")
            writer.write_eof()
            return await reader.read()

    assert asyncio.run(ask()) == b"all of it"


def test_a_reset_arrives_as_a_reset_after_what_was_sent_before() -> None:
    async def answer_and_reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"last words")
        await writer.drain()
        await asyncio.sleep(SECONDS / 2)
        own: socket.socket = writer.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    async def ask() -> bytes:
        async with connected(answer_and_reset) as (reader, _writer):
            heard = await reader.readexactly(10)
            with pytest.raises(ConnectionResetError):
                await reader.read()
            return heard

    assert asyncio.run(ask()) == b"last words"


def test_without_a_server_the_connection_ends() -> None:
    async def ask() -> bytes:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        async with await delay.serve("127.0.0.1", port, SECONDS) as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.sockets[0].getsockname()[1])
            with closing(writer):
                return await reader.read()

    with pytest.raises(ConnectionResetError):
        asyncio.run(ask())
