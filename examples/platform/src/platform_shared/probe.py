# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Health commands for containers, cheap enough for every few seconds (standard library only).

python -m platform_shared.probe live|ready|startup   asks the web process of this container
python -m platform_shared.probe worker|scheduler     looks at the age of the process's heartbeat

Exit code 0 or 1 and one line that says why.
"""

import http.client
import os
import sys

from platform_shared import heartbeat

PATHS = {name: f"/health/{name}" for name in ("live", "ready", "startup")}
PROCESSES = tuple(heartbeat.MAX_AGE)


def ask(path: str) -> tuple[bool, str]:
    port = int(os.environ.get("PORT", "8000"))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        answer = connection.getresponse()
        return answer.status == 200, f"{answer.status} {answer.read().decode()}"
    except OSError as error:
        return False, f"no answer from port {port}: {error}"


def look(name: str) -> tuple[bool, str]:
    age = heartbeat.age(name)
    if age is None:
        return False, f"{name}: no heartbeat yet"
    return age <= heartbeat.MAX_AGE[name], f"{name}: last heartbeat {age:.0f} s ago"


def main(arguments: list[str]) -> int:
    name = arguments[0] if len(arguments) == 1 else ""
    if name in PATHS:
        ok, line = ask(PATHS[name])
    elif name in PROCESSES:
        ok, line = look(name)
    else:
        print(f"probe: {name!r} is unknown: allowed is one of {', '.join((*PATHS, *PROCESSES))}")
        return 2
    print(line)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
