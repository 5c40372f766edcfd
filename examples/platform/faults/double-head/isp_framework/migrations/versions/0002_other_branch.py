# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fault: two developers added a revision to the same parent."""

import sqlalchemy as sa
from alembic import op

revision = "0002b"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("other_branch", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    op.drop_table("other_branch")
