# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs API. A job is a row first and a message second: an accepted job cannot get lost."""

import uuid
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Query
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from management_platform.models import Job, JobResult, SchedulerHeartbeat
from management_platform.schemas import JobCount, NewJob, ShownJob, ShownScheduler
from management_platform.tasks import publish
from platform_shared import database
from platform_shared.resources import Limit, get_row, insert_row

router = APIRouter(prefix="/api/v1", tags=["jobs"])


@router.post("/jobs", status_code=202, response_model=ShownJob)
def enqueue_job(new: NewJob) -> Any:
    with database.session() as session:
        known = session.get(Job, new.id)
        if known is None:
            known = insert_row(session, Job(**new.model_dump()))
        if known.published_at is None:
            publish(session, known.id)
        return ShownJob.model_validate(known)


@router.get("/jobs", response_model=list[ShownJob])
def list_jobs(limit: Limit = 100, offset: int = Query(0, ge=0)) -> Any:
    newest_first = select(Job).order_by(Job.created_at.desc(), Job.id).limit(limit).offset(offset)
    with database.session() as session:
        return [ShownJob.model_validate(job) for job in session.scalars(newest_first)]


@router.get("/jobs/count")
def count_jobs() -> JobCount:
    with database.session() as session:
        by_status = dict(session.execute(select(Job.status, func.count()).group_by(Job.status)).all())
        results, deliveries = session.execute(
            select(func.count(), func.coalesce(func.sum(JobResult.deliveries), 0)).select_from(JobResult)
        ).one()
    return JobCount(
        count=sum(by_status.values()),
        queued=by_status.get("queued", 0),
        done=by_status.get("done", 0),
        results=results,
        deliveries=deliveries,
    )


@router.get("/jobs/{job_id}", response_model=ShownJob)
def get_job(job_id: uuid.UUID) -> Any:
    with database.session() as session:
        return ShownJob.model_validate(get_row(session, Job, job_id))


@router.get("/scheduler", tags=["scheduler"])
def show_scheduler() -> ShownScheduler:
    with database.session() as session:
        beat_at = last_heartbeat(session)
    age = (datetime.now(UTC) - beat_at).total_seconds() if beat_at else None
    return ShownScheduler(last_heartbeat=beat_at, age_seconds=age)


def last_heartbeat(session: Session) -> datetime | None:
    return session.scalar(select(func.max(SchedulerHeartbeat.beat_at)))
