# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The management platform: tenants, and jobs that a worker carries out."""

from functools import partial

from management_platform import jobs
from management_platform.business import METRICS, QueueCollector
from management_platform.models import Tenant
from management_platform.schemas import NewTenant, ShownTenant
from platform_shared.application import Service, create_app
from platform_shared.health import Check
from platform_shared.metrics import RowCollector
from platform_shared.redis_client import check_write
from platform_shared.resources import resource_router

app = create_app(
    Service(
        title="Management platform",
        package="management_platform",
        secrets=(
            "DATABASE_URL",
            "CACHE_URL",
            "CELERY_BROKER_URL",
            "CELERY_RESULT_BACKEND",
            "SECRET_KEY",
            "JWT_SECRET_KEY",
            "STRIPE_SECRET_KEY",
            "SENDGRID_API_KEY",
        ),
        routers=(resource_router(Tenant, NewTenant, ShownTenant), jobs.router),
        collectors=(RowCollector(METRICS), QueueCollector()),
        checks=(Check("broker", partial(check_write, "CELERY_BROKER_URL")),),
    )
)
