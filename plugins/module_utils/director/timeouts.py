# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every time limit between a client and a replica, in one table.

Keep-alive must last longer on the side that answers than on the side that asks: whoever closes an idle connection
must be the one who would have used it next, or a request is already on its way when the connection is closed.
"""

from __future__ import annotations

# Seconds a connection may idle, from the client to the replica.
IDLE = {
    # nginx keepalive_timeout. The only hop whose asking side is not ours: Chromium gives an idle connection up after
    # 300 s, Firefox after 115 s, Go's client after 90 s. When connections run short nginx closes the longest idle ones.
    "client_edge": 330,
    # nginx, upstream keepalive_timeout: nginx gives up a connection to HAProxy ...
    "edge_director": 30,
    # ... before HAProxy does (timeout http-keep-alive).
    "director_edge": 45,
    # uvicorn --timeout-keep-alive. HAProxy is far below it: pool-purge-delay (5 s) halves its spare connections.
    "replica": 75,
}

# Seconds, HAProxy.
CONNECT = 2  # A replica is at most one network hop away; then another one is tried (retries, redispatch).
REQUEST = 15  # For the whole header of a request: nginx sends it in one go.
CLIENT = 65  # Longer than nginx's own read and send limits (60), so that nginx names the cause.
SERVER = 65
TUNNEL = 3600  # WebSockets.
CHECK = 4  # For the answer to a health check.

# Health checks of a replica that serves or is about to.
INTERVAL = "1s"  # Also how long a move waits for the first check of a new server.
FAST_INTERVAL = "500ms"  # While the state is changing.
DOWN_INTERVAL = "1s"
FALL = 3  # One lost check is noise; three take 2 s in all.
RISE = 1  # The check asks for readiness itself, so one yes is enough.
