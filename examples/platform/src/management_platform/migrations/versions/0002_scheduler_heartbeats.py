# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scheduler's heartbeat."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scheduler_heartbeats",
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("beat_at", sa.DateTime(True), nullable=False),
        sa.Column("beats", sa.Integer, server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_scheduler_heartbeats"),
    )


def downgrade() -> None:
    op.drop_table("scheduler_heartbeats")
