# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tenants, jobs and what the jobs wrote."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tenants",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("created_at", sa.DateTime(True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tenants"),
        sa.UniqueConstraint("name", name="uq_tenants_name"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("tenant_id", sa.Integer),
        sa.Column("kind", sa.String(100), nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("status", sa.String(20), server_default="queued", nullable=False),
        sa.Column("created_at", sa.DateTime(True), server_default=sa.func.now(), nullable=False),
        sa.Column("published_at", sa.DateTime(True)),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], "fk_jobs_tenant_id"),
    )
    op.create_index("ix_jobs_tenant_id", "jobs", ["tenant_id"])
    op.create_index("ix_jobs_status", "jobs", ["status"])
    op.create_table(
        "job_results",
        sa.Column("job_id", sa.Uuid, nullable=False),
        sa.Column("worker", sa.String(200), nullable=False),
        sa.Column("finished_at", sa.DateTime(True), server_default=sa.func.now(), nullable=False),
        sa.Column("deliveries", sa.Integer, server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_job_results"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], "fk_job_results_job_id"),
    )


def downgrade() -> None:
    op.drop_table("job_results")
    op.drop_table("jobs")
    op.drop_table("tenants")
