# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of the management platform."""

import uuid
from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, MetaData, String, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

JOB_STATUSES = ("queued", "done")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
        }
    )


class Tenant(Base):
    __tablename__ = "tenants"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(True), server_default=func.now())


class Job(Base):
    __tablename__ = "jobs"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[int | None] = mapped_column(ForeignKey("tenants.id"), index=True)
    kind: Mapped[str] = mapped_column(String(100))
    seconds: Mapped[float]
    status: Mapped[str] = mapped_column(String(20), server_default="queued", index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(True), server_default=func.now())
    # Empty while no broker has taken it: the scheduler hands such jobs over again.
    published_at: Mapped[datetime | None] = mapped_column(DateTime(True))
    result: Mapped["JobResult | None"] = relationship(lazy="joined")


class JobResult(Base):
    """The one row a job writes, however often it is delivered."""

    __tablename__ = "job_results"

    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    worker: Mapped[str] = mapped_column(String(200))
    finished_at: Mapped[datetime] = mapped_column(DateTime(True), server_default=func.now())
    # More than 1: the queue delivered at least once more, and the row was not written again.
    deliveries: Mapped[int] = mapped_column(server_default="1")


class SchedulerHeartbeat(Base):
    """Written by a worker when the scheduler asked for it: proof of the whole way."""

    __tablename__ = "scheduler_heartbeats"

    name: Mapped[str] = mapped_column(String(50), primary_key=True)
    beat_at: Mapped[datetime] = mapped_column(DateTime(True))
    beats: Mapped[int] = mapped_column(server_default="1")
