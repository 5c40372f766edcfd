# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A replica for the traffic tests; runs on a test host: ``replica.py ADDRESS PORT``.

It is ready, and answers at all, unless /run/replica/PORT.unready exists. Every answer names the port; /slow?SECONDS
takes its time, /headers answers with the request's headers, and /large with 4 kB of text.
"""

from __future__ import annotations

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ADDRESS, PORT = sys.argv[1], int(sys.argv[2])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Longer than any proxy keeps an idle connection, as the timeouts table wants it.
    timeout = 75

    def do_GET(self) -> None:
        path, _separator, query = self.path.partition("?")
        if os.path.exists(f"/run/replica/{PORT}.unready"):
            self._answer(503, {"status": "unready", "because": "the test says so"})
            return
        if path == "/slow":
            time.sleep(float(query))
        said = {"port": PORT, "path": self.path}
        if path == "/headers":
            said["headers"] = {name.lower(): value for name, value in self.headers.items()}
        if path == "/large":
            said["text"] = "a" * 4096
        self._answer(200, said)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        while length > 0:
            length -= len(self.rfile.read(min(length, 65536)))
        self.do_GET()

    def _answer(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        # The edge sets these itself; a service's own value must not make two of them.
        self.send_header("X-Frame-Options", "ALLOWALL")
        self.send_header("Strict-Transport-Security", "max-age=1")
        if self.path.startswith("/own-policy"):
            self.send_header("Content-Security-Policy", "default-src 'none'")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True


Server((ADDRESS, PORT), Handler).serve_forever()
