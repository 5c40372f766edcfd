# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the business wants to see in a graph, and how long the queue is."""

import logging
from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.exceptions import RedisError
from sqlalchemy import func, literal, select

from management_platform.celery_app import QUEUE
from management_platform.models import JOB_STATUSES, Job, JobResult, SchedulerHeartbeat, Tenant
from platform_shared.metrics import RowMetric
from platform_shared.redis_client import client
from platform_shared.secret_files import SecretError

log = logging.getLogger(__name__)

METRICS = (
    RowMetric(
        "mgmt_tenants",
        "Tenants.",
        select(literal("all"), func.count()).select_from(Tenant),
        "kind",
        ("all",),
    ),
    RowMetric(
        "mgmt_jobs",
        "Jobs by status.",
        select(Job.status, func.count()).group_by(Job.status),
        "status",
        JOB_STATUSES,
    ),
    RowMetric(
        "mgmt_job_deliveries",
        "Deliveries of finished jobs: first ones and further ones.",
        select(literal("all"), func.coalesce(func.sum(JobResult.deliveries), 0)),
        "kind",
        ("all",),
    ),
    RowMetric(
        "mgmt_scheduler_last_heartbeat_timestamp_seconds",
        "When a worker last carried out what the scheduler asked for.",
        select(SchedulerHeartbeat.name, func.extract("epoch", SchedulerHeartbeat.beat_at)),
        "name",
        (),
    ),
)


class QueueCollector(Collector):
    def describe(self) -> Iterable[GaugeMetricFamily]:
        return ()  # otherwise registering would already ask the broker

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Without a broker the length is unknown, so none is shown."""
        length = GaugeMetricFamily("celery_queue_length", "Jobs that wait.", labels=["queue"])
        try:
            length.add_metric([QUEUE], client("CELERY_BROKER_URL").llen(QUEUE))
        except (RedisError, SecretError) as error:
            log.warning("queue length is not available", extra={"fields": {"error": str(error)}})
        yield length
