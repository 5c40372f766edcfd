# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics come from requests and from rows, and say so when rows cannot be had."""

import uuid

from prometheus_client.parser import text_string_to_metric_families

from conftest import Stack
from helpers import until
from services import Web
from test_api import new_customer, post


def scrape(web: Web) -> dict[tuple[str, str], float]:
    """{(sample name, its label values): value}"""
    families = text_string_to_metric_families(web.http.get("/metrics").text)
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def test_business_metrics_are_computed_from_rows(healthy: Stack, isp: Web):
    before = scrape(isp)
    customer = post(isp, "customers", new_customer())["id"]
    row = {"customer_id": customer, "plan": "fibre", "starts_at": "2026-12-01T09:00:00Z"}
    booking = post(isp, "bookings", row)["id"]
    for amount, status in (("10.50", "succeeded"), ("4.50", "succeeded"), ("99", "failed")):
        reference = uuid.uuid4().hex
        row = {"booking_id": booking, "reference": reference, "amount": amount, "status": status}
        post(isp, "payments", row)
    # A row that no API wrote counts as well: the metric is what the table says.
    healthy.postgres.sql(
        f"INSERT INTO bookings (customer_id, plan, starts_at, status) VALUES ({customer}, 'dsl', now(), 'cancelled')",
        "dotmac_isp",
    )
    after = scrape(isp)
    grown = {
        ("isp_customers", "all"): 1,
        ("isp_bookings", "confirmed"): 1,
        ("isp_bookings", "cancelled"): 1,
        ("isp_payments", "succeeded"): 2,
        ("isp_payments", "failed"): 1,
        ("isp_payments", "refunded"): 0,
        ("isp_revenue", "EUR"): 15,
    }
    assert {name: after[name] - before[name] for name in grown} == grown
    assert after["business_metrics_up", ""] == 1


def test_without_a_database_rows_are_unknown_and_not_zero(healthy: Stack, isp: Web):
    healthy.postgres.stop()
    found = scrape(isp)
    assert found["business_metrics_up", ""] == 0
    assert ("isp_bookings", "confirmed") not in found
    healthy.postgres.start()
    until(lambda: scrape(isp)["business_metrics_up", ""] == 1, 10, "rows are counted again")


def test_without_a_broker_the_queue_length_is_unknown(healthy: Stack, management: Web):
    assert scrape(management)["celery_queue_length", "celery"] >= 0
    healthy.queue.stop()
    assert ("celery_queue_length", "celery") not in scrape(management)


def test_requests_are_counted_by_route_and_status(isp: Web):
    name = "http_request_duration_seconds_count"
    before = scrape(isp)
    for path in ("/api/v1/customers/2147483647", "/api/v1/customers/2147483646", "/nonsense/1"):
        assert isp.status(path) == 404
    after = scrape(isp)
    for labels, number in (("GET,/api/v1/customers/{row_id},404", 2), ("GET,unmatched,404", 1)):
        assert after[name, labels] - before.get((name, labels), 0) == number
