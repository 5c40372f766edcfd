# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that the tests of scratch instances run on a host; each finds its values in ``given``."""

from __future__ import annotations

# `given`: what differs from a good run. Restores with cp, which the code under test does not know about.
PROGRAM = """
from functools import partial
from steward.backup_validation import client, inventory, model
from steward.backup_validation.scratch import client as scratches
from steward.core import errors, process

def shell(line):
    process.run(["sh", "-euc", line])

def restore(base, replay, damage, data):
    shell(f"cp -a {base}/. {data}/")
    if replay:
        shell(f"touch {data}/recovery.signal; echo \\"restore_command = 'cp {given['store']}/wal/%f %p'\\""
              f" >> {data}/postgresql.auto.conf; chown postgres: {data}/recovery.signal")
    if damage:
        shell(damage.format(data=data))

scratch = model.build_scratch(given.get("name", "proof"), given.get("root", "/var/lib/steward/scratch"),
                              given.get("port", 5499), "17")
source = scratches.Source({}, given.get("needed", []), [given["store"]])
fill = partial(restore, given["base"], given.get("replay", True), given.get("damage", ""))
"""
PROVE = f"""{PROGRAM}
expectation = client.Expectation(
    given["recorded"], given.get("previous", []), given["canary"]["lsn"], assertions=given.get("assertions", []))
subject = {{"set": given["canary"]["set_id"], "host": "data", "part": "postgresql", "repository": "main", "wanted": 3}}
below = [model.Check(level, "before", "pass", "it is") for level in (0, 1)]
try:
    answer = client.prove(scratch, subject, expectation, source, fill, before=below, evidence_file=given["evidence"])
except errors.StewardError as error:
    answer = {{"refused": str(error)}}
"""
HOLD = f"""{PROGRAM}
import time
with scratches.opened(scratch) as clusters:
    fill(scratch.data)
    scratches.start(scratch, clusters, source)
    open("/run/steward-test-held", "w").close()
    time.sleep(600)
answer = None
"""
# What was found good becomes live, and is taken back.
SWITCH = f"""{PROGRAM}
from steward.recovery.switch import client as switches
target = "/var/lib/postgresql/17/replacement"
with scratches.opened(scratch) as clusters:
    fill(scratch.data)
    shell(f"echo \\"work_mem = '7MB'\\" >> {{scratch.data}}/postgresql.auto.conf")
    checks = scratches.start(scratch, clusters, source)
    scratches.hand_over(scratch, target)
cluster = {{"version": "17", "name": "main", "port": 5432, "data": "/var/lib/postgresql/17/main"}}
answer = switches.begin("proof", cluster, target)
"""
UNDO = """
from steward.recovery.switch import client as switches
answer = switches.undo("proof")
"""
# What a backup job does after its base backup: the record of what is there, and the canary.
RECORD = """
from contextlib import contextmanager
from steward.backup_validation import client
from steward.core import sql
import os, pwd

@contextmanager
def connect(database):
    os.seteuid(pwd.getpwnam("postgres").pw_uid)
    try:
        with sql.connect(host="/run/postgresql", dbname=database, user="postgres") as opened:
            yield opened
    finally:
        os.seteuid(0)

recorded = client.read_inventory(connect)
with connect("postgres") as opened:
    canary = client.write_canary(opened, given["set"])
answer = {"recorded": recorded, "canary": canary}
"""
