# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bounded load without retries; runs on a test host: ``load.py URL HOST CLIENTS PER_SECOND SECONDS``.

Posts over kept-alive connections until its input ends, at most so many seconds, and prints how many requests were made,
which failed, and which ports answered.
"""

from __future__ import annotations

import collections
import http.client
import json
import socket
import ssl
import sys
import threading
import time
import urllib.parse

URL, HOST = urllib.parse.urlsplit(sys.argv[1]), sys.argv[2]
CLIENTS, PER_SECOND, SECONDS = int(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5])
lock = threading.Lock()
stopped = threading.Event()
made, ports, failures = 0, collections.Counter(), []


def connect() -> http.client.HTTPConnection:
    if URL.scheme == "http":
        return http.client.HTTPConnection(URL.hostname, URL.port, timeout=15)
    context = ssl.create_default_context(cafile="/etc/ssl/steward/edge.pem")
    connection = http.client.HTTPSConnection(HOST, 443, timeout=15, context=context)
    # The name is verified, the address is given: nothing resolves the names of the test.
    connection._create_connection = lambda address, *rest: socket.create_connection((URL.hostname, 443), *rest)
    return connection


def client(number: int) -> None:
    global made
    connection = connect()
    due = time.monotonic() + number / PER_SECOND
    end = time.monotonic() + SECONDS
    while due < end and not stopped.wait(max(0.0, due - time.monotonic())):
        due += CLIENTS / PER_SECOND
        try:
            connection.request("POST", URL.path, body=b'{"a":1}', headers={"Host": HOST})
            answer = connection.getresponse()
            text = answer.read()
            failed = "" if answer.status == 200 else f"status {answer.status}: {text[:100]!r}"
        except (OSError, http.client.HTTPException) as error:
            failed, text = repr(error), b""
            connection.close()
            connection = connect()
        with lock:
            made += 1
            failures.extend([failed] if failed else [])
            if not failed:
                ports[json.loads(text)["port"]] += 1


threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
for thread in threads:
    thread.start()
threading.Thread(target=lambda: (sys.stdin.read(), stopped.set()), daemon=True).start()
for thread in threads:
    thread.join()
print(json.dumps({"made": made, "failures": failures[:20], "failed": len(failures), "ports": dict(ports)}))
