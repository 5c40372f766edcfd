# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.backup_validation import amcheck
from ansible_collections.steward.platform.plugins.module_utils.backup_validation.model import build_scratch

# pg_amcheck 17 over an index and a table whose pages were overwritten.
DAMAGED = """\
btree index "shop.public.orders_pkey":
    ERROR:  invalid page in block 5 of relation base/16384/16389
    CONTEXT:  more of it
heap table "shop.public.orders", block 3, offset 7:
    xmin 4294967295 equals or exceeds next valid transaction ID 0:742
"""


def test_all_databases_are_checked_over_the_socket():
    argv = amcheck.build_argv(build_scratch("proof", "/srv/scratch", 5499, "17"), jobs=4)
    assert argv[0] == "/usr/lib/postgresql/17/bin/pg_amcheck"
    assert argv[argv.index("--host") + 1] == "/srv/scratch/proof/sockets"
    assert "--all" in argv
    assert argv[-2:] == ["--jobs", "4"]


def test_what_is_damaged():
    assert amcheck.parse_output(f"    before any\n{DAMAGED}") == [
        {"relation": "shop.public.orders_pkey",
         "message": "ERROR:  invalid page in block 5 of relation base/16384/16389"},
        {"relation": "shop.public.orders",
         "message": "xmin 4294967295 equals or exceeds next valid transaction ID 0:742"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "output", "errors", "status", "message"),
    [
        pytest.param(0, "", [], "pass", "sound", id="clean"),
        pytest.param(2, DAMAGED, [], "fail", "damaged: shop.public.orders, shop.public.orders_pkey", id="damaged"),
        pytest.param(2, "odd", [], "fail", "ended with 2: odd", id="damaged in a way we cannot read"),
        pytest.param(1, "", ["no such host"], "unknown", "ended with 1: no such host", id="it could not look"),
    ],
)
def test_the_verdict(code, output, errors, status, message):
    (check,) = amcheck.amcheck_checks(code, output, errors)
    assert check.status == status
    assert message in check.message
