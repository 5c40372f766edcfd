# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notes on bookings: a schema that older releases never declared to accept, with a way back."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bookings", sa.Column("note", sa.String(200), nullable=True))


def downgrade() -> None:
    op.drop_column("bookings", "note")
