# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows go in, come out and are counted; what is wrong is refused with a reason."""

import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from conftest import PACKAGES, Stack
from helpers import until
from services import Process, Web


def new_customer() -> dict[str, str]:
    return {"name": "Ada", "email": f"{uuid.uuid4().hex}@example.org"}


def count(web: Web, what: str) -> int:
    return web.http.get(f"/api/v1/{what}/count").json()["count"]


def post(web: Web, what: str, row: dict[str, Any], expected: int = 201) -> dict[str, Any]:
    answer = web.http.post(f"/api/v1/{what}", json=row)
    assert answer.status_code == expected, answer.text
    return answer.json()


def test_a_customer_books_and_pays(healthy: Stack, isp: Web):
    before = {what: count(isp, what) for what in ("customers", "bookings", "payments")}
    customer = post(isp, "customers", new_customer())
    booking = {"customer_id": customer["id"], "plan": "fibre", "starts_at": "2026-12-01T09:00:00Z"}
    booked = post(isp, "bookings", booking)
    payment = {"booking_id": booked["id"], "reference": uuid.uuid4().hex, "amount": "19.90"}
    paid = post(isp, "payments", payment)
    assert (paid["amount"], paid["currency"], paid["status"]) == ("19.90", "EUR", "succeeded")
    for what, row in (("customers", customer), ("bookings", booked), ("payments", paid)):
        assert isp.http.get(f"/api/v1/{what}/{row['id']}").json() == row
        listed = isp.http.get(f"/api/v1/{what}", params={"after": row["id"] - 1}).json()
        assert listed[0] == row
        assert count(isp, what) == before[what] + 1
        rows = healthy.postgres.sql(f"SELECT count(*) FROM {what}", "dotmac_isp")
        assert int(rows) == before[what] + 1


@pytest.mark.parametrize(
    ("what", "row", "code", "says"),
    [
        ("customers", {"name": "Ada", "email": "nonsense"}, 422, "email"),
        ("customers", {"name": " ", "email": "a@example.org"}, 422, "name"),
        ("bookings", {"customer_id": 0, "plan": "x", "starts_at": "2026-12-01T09:00:00"}, 422, "starts_at"),
        ("bookings", {"customer_id": 0, "plan": "x", "starts_at": "2026-12-01T09:00Z"}, 409, "fk_bookings_customer_id"),
        ("payments", {"booking_id": 0, "reference": "x", "amount": "-1"}, 422, "amount"),
        ("payments", {"booking_id": 0, "reference": "x", "amount": "1.999"}, 422, "amount"),
        ("payments", {"booking_id": 0, "reference": "x", "amount": "1", "currency": "euro"}, 422, "currency"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_refused(isp: Web, what: str, row: dict[str, Any], code: int, says: str):
    assert says in str(post(isp, what, row, expected=code))


def test_the_same_twice_is_a_conflict(isp: Web):
    customer = new_customer()
    post(isp, "customers", customer)
    assert "uq_customers_email" in post(isp, "customers", customer, expected=409)["detail"]


def test_what_is_not_there_is_404(isp: Web, management: Web):
    assert isp.status("/api/v1/customers/2147483647") == 404
    assert management.status(f"/api/v1/jobs/{uuid.uuid4()}") == 404


def test_customers_are_cached_and_the_cache_is_not_needed(healthy: Stack, isp: Web):
    customer = post(isp, "customers", new_customer())
    path = f"/api/v1/customers/{customer['id']}"
    assert isp.http.get(path).json() == isp.http.get(path).json() == customer
    healthy.cache.stop()
    assert isp.http.get(path).json() == customer


def test_more_requests_than_connections_wait_for_their_turn(healthy: Stack, process: Callable[..., Process]):
    """However long they wait: no thread waits for a connection that another has, which ends after 5 s."""
    web = process("isp_framework", "platform_shared.server", Web)
    web.start(DB_POOL_SIZE="1", DB_POOL_OVERFLOW="0").until_ready()
    clients = 80
    with ThreadPoolExecutor(clients) as pool:
        with healthy.postgres.locked("customers", "dotmac_isp"):
            asked = [pool.submit(web.status, "/api/v1/customers?limit=1") for _client in range(clients)]
            time.sleep(6)
        assert Counter(each.result() for each in asked) == {200: clients}


def test_a_database_that_is_away_is_503_and_not_500(healthy: Stack, isp: Web, management: Web):
    healthy.postgres.stop()
    for web, what in ((isp, "customers"), (management, "tenants")):
        answer = web.http.get(f"/api/v1/{what}")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
    healthy.postgres.start()
    assert isp.status("/api/v1/customers") == 200


@pytest.mark.parametrize("service", PACKAGES)
def test_version_and_openapi(webs: dict[str, Web], service: str):
    version = webs[service].http.get("/version").json()
    assert version == {"service": service, "version": "test", "revision": "0002"}
    described = webs[service].http.get("/openapi.json").json()
    assert described["info"]["version"] == "test"
    paths = {"/health", "/health/live", "/health/ready", "/health/startup", "/metrics", "/version"}
    assert paths < set(described["paths"])
    operations = [way["operationId"] for path in described["paths"].values() for way in path.values()]
    assert len(operations) == len(set(operations))


def test_the_request_id_is_returned_and_logged(isp: Web):
    answer = isp.http.get("/version", headers={"X-Request-ID": "from-the-edge.1"})
    assert answer.headers["x-request-id"] == "from-the-edge.1"

    def written() -> list[dict[str, object]]:
        return [line for line in isp.log_lines() if line.get("request_id") == "from-the-edge.1"]

    # The line is written when the answer has been sent.
    (line,) = until(written, 5, "the line is written")
    assert (line["path"], line["status"]) == ("/version", 200)


@pytest.mark.parametrize("harmful", ["", "a b", '{"level":"ERROR"}', "x" * 129])
def test_a_harmful_request_id_is_replaced(isp: Web, harmful: str):
    given = isp.http.get("/version", headers={"X-Request-ID": harmful}).headers["x-request-id"]
    assert uuid.UUID(given)
