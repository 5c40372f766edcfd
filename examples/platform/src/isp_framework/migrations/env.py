# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by Alembic."""

from isp_framework.models import Base
from platform_shared.migrations import run

run(Base.metadata)
