# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ISP framework: customers, their bookings and their payments."""

from isp_framework import models, schemas
from isp_framework.business import METRICS
from isp_framework.customer_cache import get_customer
from platform_shared.application import Service, create_app
from platform_shared.metrics import RowCollector
from platform_shared.resources import resource_router

app = create_app(
    Service(
        title="ISP framework",
        package="isp_framework",
        secrets=("DATABASE_URL", "CACHE_URL", "SECRET_KEY", "JWT_SECRET_KEY"),
        routers=(
            resource_router(models.Customer, schemas.NewCustomer, schemas.ShownCustomer, get=get_customer),
            resource_router(models.Booking, schemas.NewBooking, schemas.ShownBooking),
            resource_router(models.Payment, schemas.NewPayment, schemas.ShownPayment),
        ),
        collectors=(RowCollector(METRICS),),
    )
)
