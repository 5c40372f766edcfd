# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entry point of tests/hosts/hosts."""

from __future__ import annotations

import sys

from throwaway.cli import main

sys.exit(main(sys.argv[1:]))
