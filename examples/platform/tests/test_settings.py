# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A wrong setting is one line that names it, and an import that fails is one as well."""

import pytest

from conftest import PACKAGES, Stack


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "http", "PORT is 'http': allowed is a number from 1 to 65535"),
        ("DB_POOL_SIZE", "0", "DB_POOL_SIZE is '0': allowed is a number from 1 to 50"),
        ("DRAIN_SECONDS", "nan", "DRAIN_SECONDS is 'nan': allowed is a number from 0 to 300"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL is 'loud': allowed is one of DEBUG, INFO, WARNING, ERROR"),
    ],
)
def test_a_wrong_setting_is_one_line(stack: Stack, name: str, value: str, says: str):
    process = stack.process("isp_framework", "platform_shared.server")
    process.environment[name] = value
    done = process.command("platform_shared.server")
    assert (done.returncode, done.stderr) == (1, says + "\n")


def test_jobs_must_not_outlive_the_visibility_timeout(stack: Stack):
    process = stack.process("management_platform", "management_platform.worker")
    process.environment["VISIBILITY_TIMEOUT_SECONDS"] = "300"
    done = process.command("management_platform.worker")
    assert done.returncode == 1
    assert "VISIBILITY_TIMEOUT_SECONDS is 300: allowed is more than the longest job" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("service", PACKAGES)
def test_all_modules_can_be_imported_without_secrets(stack: Stack, service: str):
    process = stack.process(service, "platform_shared.imports")
    process.environment["SECRETS_DIR"] = "/nonexistent"
    done = process.command("platform_shared.imports")
    assert done.returncode == 0, done.stdout
    assert len(done.stdout.splitlines()) == 1
