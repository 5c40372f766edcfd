# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fault: a revision that fails halfway. Nothing of it may stay."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("left_behind", sa.Column("id", sa.Integer, primary_key=True))
    op.add_column("a_table_that_is_not_there", sa.Column("note", sa.Text))


def downgrade() -> None:
    op.drop_table("left_behind")
