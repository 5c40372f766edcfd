# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redis by the name of the secret that holds its URL (CACHE_URL, CELERY_BROKER_URL)."""

from functools import lru_cache

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from platform_shared.secret_files import read_secret
from platform_shared.settings import settings


@lru_cache(maxsize=4)
def _client(url: str) -> Redis:
    # One immediate retry renews a connection that a restarted server closed; more would hide an outage.
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=1,
        socket_timeout=1,
        retry=Retry(NoBackoff(), 1),
    )


def client(secret: str) -> Redis:
    """A rotated secret gives another URL and so another client."""
    return _client(read_secret(secret))


def check_write(secret: str) -> str:
    """A real write: PING also succeeds on a full or a read-only instance."""
    client(secret).set(f"health:{settings.service}", "ok", ex=60)
    return "read-write"
