# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP metrics counted as requests pass, business metrics computed from rows at scrape time."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Select

from platform_shared import database

log = logging.getLogger(__name__)

REQUESTS = Histogram(
    "http_request_duration_seconds",
    "Time to answer a request.",
    ("method", "route", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
IN_PROGRESS = Gauge("http_requests_in_progress", "Requests being answered now.")

router = APIRouter(tags=["metrics"])


@router.get("/metrics", response_class=Response)
def metrics() -> Response:
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


@dataclass(frozen=True)
class RowMetric:
    """A gauge from a query whose rows are (label value, number).

    `values` are always shown, as 0 without rows: a graph needs the zero, and an alert cannot
    tell a missing series from a broken one.
    """

    name: str
    help: str
    query: Select[tuple[str, float]]
    label: str
    values: tuple[str, ...]


class RowCollector(Collector):
    """Without a database the rows are unknown, so no value is shown and `up` is 0."""

    def __init__(self, wanted: tuple[RowMetric, ...]) -> None:
        self._wanted = wanted

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return ()  # otherwise registering would already ask the database

    def collect(self) -> Iterable[GaugeMetricFamily]:
        up = GaugeMetricFamily("business_metrics_up", "1 when the rows could be counted.")
        try:
            families = self._families()
        except Exception:  # a scrape must never fail as a whole, whatever a driver raises
            log.warning("business metrics are not available", exc_info=True)
            families = []
        up.add_metric([], float(bool(families)))
        return [up, *families]

    def _families(self) -> list[GaugeMetricFamily]:
        families = []
        with database.probe() as connection:
            for wanted in self._wanted:
                rows = dict.fromkeys(wanted.values, 0) | dict(connection.execute(wanted.query).all())
                family = GaugeMetricFamily(wanted.name, wanted.help, labels=[wanted.label])
                for value, number in rows.items():
                    family.add_metric([value], float(number))
                families.append(family)
        return families
