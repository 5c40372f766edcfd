# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.steward.platform.plugins.module_utils.postgresql.copy import command


def test_a_copy_is_one_moment_and_keeps_owners() -> None:
    dump = command.dump("shop", "/var/tmp/x.dump", 5433)
    assert dump[:4] == ["runuser", "--user", "postgres", "--"]
    assert dump[-1] == "shop"
    restore = command.restore("steward_scratch_shop", "/var/tmp/x.dump", 5433)
    assert "--no-owner" not in restore
    assert restore[-3:] == ["--dbname", "steward_scratch_shop", "/var/tmp/x.dump"]
