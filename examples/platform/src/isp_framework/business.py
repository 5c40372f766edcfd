# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the business wants to see in a graph."""

from sqlalchemy import func, literal, select

from isp_framework.models import BOOKING_STATUSES, PAYMENT_STATUSES, Booking, Customer, Payment
from platform_shared.metrics import RowMetric

METRICS = (
    RowMetric(
        "isp_customers",
        "Customers.",
        select(literal("all"), func.count()).select_from(Customer),
        "kind",
        ("all",),
    ),
    RowMetric(
        "isp_bookings",
        "Bookings by status.",
        select(Booking.status, func.count()).group_by(Booking.status),
        "status",
        BOOKING_STATUSES,
    ),
    RowMetric(
        "isp_payments",
        "Payments by status.",
        select(Payment.status, func.count()).group_by(Payment.status),
        "status",
        PAYMENT_STATUSES,
    ),
    RowMetric(
        "isp_revenue",
        "Sum of the payments that succeeded, by currency, in its main unit.",
        select(Payment.currency, func.sum(Payment.amount))
        .where(Payment.status == "succeeded")
        .group_by(Payment.currency),
        "currency",
        ("EUR",),
    ),
)
