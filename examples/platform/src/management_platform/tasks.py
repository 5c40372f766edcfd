# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What workers do. Delivery is at least once, so each task may run again without harm."""

import logging
import time
import uuid
from datetime import UTC, datetime, timedelta

from celery import Task
from kombu.exceptions import OperationalError as BrokerUnavailable
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from management_platform.celery_app import celery
from management_platform.models import Job, JobResult, SchedulerHeartbeat
from platform_shared import logs
from platform_shared.database import engine

log = logging.getLogger(__name__)

# Younger ones may just now be on their way from the API to the broker.
FORGOTTEN_AFTER = timedelta(seconds=10)


class DatabaseTask(Task):
    """Waits, without giving up, for a database that is away."""

    autoretry_for = (OperationalError,)
    max_retries = None
    retry_backoff = 1
    retry_backoff_max = 30


@celery.task(base=DatabaseTask, bind=True)
def run_job(self: Task, job_id: str) -> None:
    logs.request_id.set(self.request.get("request_id"))
    key = uuid.UUID(job_id)
    with Session(engine()) as session:
        job = session.get(Job, key)
        if job is None:
            # The database went back in time (a restore) and the queue did not.
            log.warning("job is unknown", extra={"fields": {"job_id": job_id}})
            return
        seconds = 0 if job.result else job.seconds
    time.sleep(seconds)  # the work; no connection is held meanwhile
    with Session(engine()) as session, session.begin():
        deliveries = write_result(session, key, self.request.hostname)
    log.info("job done", extra={"fields": {"job_id": job_id, "deliveries": deliveries}})


def write_result(session: Session, job_id: uuid.UUID, worker: str) -> int:
    """One row a job: a further delivery is counted on it and changes nothing else."""
    session.execute(update(Job).where(Job.id == job_id).values(status="done"))
    row = insert(JobResult).values(job_id=job_id, worker=worker)
    once = row.on_conflict_do_update(index_elements=[JobResult.job_id], set_={"deliveries": JobResult.deliveries + 1})
    return session.scalar(once.returning(JobResult.deliveries))


@celery.task(base=DatabaseTask)
def heartbeat() -> None:
    now = datetime.now(UTC)
    row = insert(SchedulerHeartbeat).values(name="beat", beat_at=now)
    upsert = row.on_conflict_do_update(
        index_elements=[SchedulerHeartbeat.name],
        set_={"beat_at": now, "beats": SchedulerHeartbeat.beats + 1},
    )
    with Session(engine()) as session, session.begin():
        session.execute(upsert)


@celery.task(base=DatabaseTask)
def publish_forgotten() -> None:
    """Jobs that were recorded while the broker was away."""
    overdue = datetime.now(UTC) - FORGOTTEN_AFTER
    forgotten = select(Job.id).where(Job.status == "queued", Job.published_at.is_(None), Job.created_at < overdue)
    with Session(engine()) as session:
        for job_id in session.scalars(forgotten.limit(1000)).all():
            publish(session, job_id)


def publish(session: Session, job_id: uuid.UUID) -> bool:
    """Hand a recorded job to the broker; False when the broker does not take it."""
    try:
        headers = {"request_id": logs.request_id.get()}
        run_job.apply_async((str(job_id),), task_id=str(job_id), headers=headers)
    except BrokerUnavailable as error:
        log.warning("the broker is not available", extra={"fields": {"error": str(error)}})
        return False
    session.execute(update(Job).where(Job.id == job_id).values(published_at=func.now()))
    session.commit()
    return True
