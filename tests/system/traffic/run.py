# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the director on a test host as its module does, in a tenth of the time; may die before its Nth effect.

``run.py [N [PORT...]] < options.json`` prints the result as JSON; the replicas at these ports become ready half a
second later, unless this process is dead by then. ``run.py info`` prints what ``director_info`` returns.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading

sys.path.insert(0, os.path.dirname(__file__))

from ansible_collections.steward.platform.plugins.module_utils.core import files, process, unix_socket
from ansible_collections.steward.platform.plugins.module_utils.core.errors import StewardError
from ansible_collections.steward.platform.plugins.module_utils.director import client
from ansible_collections.steward.platform.plugins.module_utils.director.model import parse_wish
from ansible_collections.steward.platform.plugins.module_utils.director.plan import plan_director

left = 0


def dying(door, has_effect):
    def opened(*arguments, **options):
        global left
        if has_effect(arguments):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return door(*arguments, **options)

    return opened


def direct(options):
    wish = parse_wish(options)
    plan = plan_director(wish, client.observe(wish), persistent=options.get("persistent", True))
    limits = {name: options.get(name, 20) for name in ("ready_timeout", "drain_timeout")}
    learned = client.apply(plan, **limits) if plan.changed else {}
    return {"changed": plan.changed, **plan.facts, **learned}


def become_ready(ports):
    for port in ports:
        os.unlink(f"/run/replica/{port}.unready")


unix_socket.ask = dying(unix_socket.ask, lambda arguments: arguments[1].startswith(("set ", "enable ")))
files.write = dying(files.write, lambda arguments: arguments[0].startswith("/etc/"))
files.remove = dying(files.remove, lambda arguments: arguments[0].startswith("/etc/"))
process.run = dying(process.run, lambda arguments: "reload" in arguments[0])

try:
    if sys.argv[1:] == ["info"]:
        result = client.read_services()
    else:
        left = int(sys.argv[1]) if sys.argv[1:] else 0
        threading.Timer(0.5, become_ready, [sys.argv[2:]]).start()
        result = direct(json.load(sys.stdin))
except StewardError as error:
    result = {"failed": True, "msg": str(error)}
print(json.dumps(result))
