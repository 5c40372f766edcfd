# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.steward.platform.plugins.module_utils.pgdump import command
from ansible_collections.steward.platform.plugins.module_utils.pgdump.model import Server, Tool

TOOL = Tool("/bin17", "17.12")
THERE = Server(host="db", user="backup", passfile="/etc/pgpass", sslrootcert="/ca.pem")
LOCAL = "host='/var/run/postgresql' port='5432' user='postgres' dbname='shop' connect_timeout='10'"


def test_a_local_server_is_asked_as_its_account_by_programs_that_end_with_us() -> None:
    argv = command.dump(TOOL, Server(), "shop", "dump", jobs=3, level="zstd:3", snapshot="00-1")
    assert argv[:3] == ["setpriv", "--pdeathsig", "TERM"]
    assert argv[3:7] == ["--reuid=postgres", "--regid=postgres", "--init-groups", "--no-new-privs"]
    assert argv[argv.index("--") + 1 :] == [
        "/bin17/pg_dump", "--format=directory", "--jobs=3", "--compress=zstd:3", "--snapshot=00-1",
        "--lock-wait-timeout=300s", "--no-password", "--file=dump", f"--dbname={LOCAL} application_name='steward'",
    ]  # fmt: skip


def test_another_server_is_asked_as_ourselves_with_a_file_for_the_password() -> None:
    argv = command.dump_schema(TOOL, THERE, "shop", "shop.sql", snapshot="00-1")
    assert argv[:5] == ["setpriv", "--pdeathsig", "TERM", "--", "/bin17/pg_dump"]
    assert "--schema-only" in argv
    assert "passfile='/etc/pgpass'" in argv[-1]


def test_roles_are_dumped_without_passwords() -> None:
    argv = command.dump_globals(TOOL, THERE, "globals.sql")
    assert {"--globals-only", "--no-role-passwords", "--file=globals.sql", "--database=postgres"} < set(argv)
    assert "dbname='postgres'" in argv[-1]


def test_quotes_in_names_do_not_end_a_value() -> None:
    assert r"dbname='it\'s \\'" in command.connection_text(Server(), "it's \\")


def test_an_archive_is_listed_and_read_without_a_server() -> None:
    assert command.list_archive(TOOL, "/a") == ["/bin17/pg_restore", "--list", "--verbose", "/a"]
    assert command.read_archive(TOOL, "/a") == ["/bin17/pg_restore", "--file=/dev/null", "/a"]


def test_a_restore_reads_what_is_root_s() -> None:
    argv = command.restore(TOOL, Server(), "shop", "/a", jobs=4)
    assert {"--euid=postgres", "--clear-groups", "--ambient-caps=+dac_read_search", "--jobs=4"} < set(argv)
    assert {"--exit-on-error", "/a"} < set(argv)
    assert not {"--clean", "--no-owner"} & set(argv)


def test_a_restore_over_what_is_there_is_all_or_nothing() -> None:
    argv = command.restore(TOOL, THERE, "shop", "/a", jobs=4, list_file="/l", with_owner=False, clean=True)
    assert {"--clean", "--if-exists", "--single-transaction", "--no-owner", "--use-list=/l"} < set(argv)
    assert "--jobs=4" not in argv


@pytest.mark.parametrize("single", [True, False])
def test_sql_comes_from_standard_input_and_stops_at_the_first_error(single: bool) -> None:
    argv = command.run_sql(TOOL, Server(), "shop", single=single)
    assert {"--set=ON_ERROR_STOP=1", "--no-psqlrc", "--file=-"} < set(argv)
    assert ("--single-transaction" in argv) is single


def test_what_the_library_cannot_unpack_has_programs() -> None:
    assert command.decode("zstd", "/a", "/b")[-2:] == ["/b", "/a"]
    assert command.decode("lz4", "/a", "/b")[-2:] == ["/a", "/b"]
