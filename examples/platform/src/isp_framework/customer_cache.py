# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Customers never change, so one that was read may be kept for a while."""

import logging

from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from isp_framework.models import Customer
from isp_framework.schemas import ShownCustomer
from platform_shared import redis_client
from platform_shared.resources import get_row

log = logging.getLogger(__name__)

KEPT_SECONDS = 30


def get_customer(session: Session, customer_id: int) -> ShownCustomer:
    """A cache that is away makes this slower, never wrong: the table has the truth."""
    key = f"customer:{customer_id}"
    try:
        cache = redis_client.client("CACHE_URL")
        if kept := cache.get(key):
            return ShownCustomer.model_validate_json(kept)
        customer = ShownCustomer.model_validate(get_row(session, Customer, customer_id))
        cache.set(key, customer.model_dump_json(), ex=KEPT_SECONDS)
        return customer
    except RedisError as error:
        log.warning("the cache is not available", extra={"fields": {"error": str(error)}})
        return ShownCustomer.model_validate(get_row(session, Customer, customer_id))
