# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A TCP proxy that keeps every byte for a while, each way; ``delay.py HOST PORT SECONDS`` prints its own port.

Two more arguments are the address and port it listens on, instead of a free port of loopback.

On loopback the time between the last look at a connection and its use is too short for a loss to be seen; with a
network's latency it is not. The end of a direction and a reset travel like bytes: half-closed stays half-closed, and
what was sent before arrives before.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys

CHUNK = 65536
# Chunks under way in one direction; beyond them the sender has to wait, as on a full line.
MOST_UNDER_WAY = 256


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter, seconds: float) -> None:
    """One direction of one connection."""
    loop = asyncio.get_running_loop()
    under_way: asyncio.Queue[tuple[float, bytes | None]] = asyncio.Queue(MOST_UNDER_WAY)

    async def deliver() -> None:
        while True:
            due, chunk = await under_way.get()
            await asyncio.sleep(due - loop.time())
            if chunk is None:
                _reset(target)
                return
            if not chunk:
                target.write_eof()
                return
            target.write(chunk)
            await target.drain()

    async with asyncio.TaskGroup() as group:
        group.create_task(deliver())
        chunk: bytes | None = None
        while chunk or chunk is None:
            try:
                chunk = await source.read(CHUNK)
            except ConnectionError:
                await under_way.put((loop.time() + seconds, None))
                return
            await under_way.put((loop.time() + seconds, chunk))


def _reset(end: asyncio.StreamWriter) -> None:
    """Close with a reset; abort() alone would say a regular end."""
    if not end.transport.is_closing():
        end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.transport.abort()


async def serve(host: str, port: int, seconds: float, address: str = "127.0.0.1", own_port: int = 0) -> asyncio.Server:
    """Listen, by default on a free port of loopback, and lead every connection to ``host``."""
    # The loop itself holds its tasks weakly, and a connection that waits is referred to by nothing else.
    joined: set[asyncio.Task[None] | None] = set()

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends, task = [writer], asyncio.current_task()
        joined.add(task)
        try:
            far_reader, far_writer = await asyncio.open_connection(host, port)
            ends.append(far_writer)
            async with asyncio.TaskGroup() as group:
                group.create_task(_carry(reader, far_writer, seconds))
                group.create_task(_carry(far_reader, writer, seconds))
        except* OSError:
            for end in ends:
                _reset(end)
        finally:
            for end in ends:
                end.close()
            joined.discard(task)

    return await asyncio.start_server(join, address, own_port, backlog=1024)


async def _main(host: str, port: int, seconds: float, address: str = "127.0.0.1", own_port: int = 0) -> None:
    server = await serve(host, port, seconds, address, own_port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    _listen = (sys.argv[4], int(sys.argv[5])) if len(sys.argv) > 4 else ()
    asyncio.run(_main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), *_listen))
