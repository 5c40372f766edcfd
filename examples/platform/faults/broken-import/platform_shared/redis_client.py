# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fault: the image lacks a package that the code imports."""

from a_package_that_is_not_installed import Redis

__all__ = ["Redis"]
