# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m management_platform.scheduler`: Celery beat, of which there must be only one."""

from typing import Any

from celery.beat import Scheduler

from management_platform.celery_app import celery
from platform_shared import heartbeat


class HonestScheduler(Scheduler):
    """Beats when the broker has taken a message: a loop that only turns schedules nothing.

    The schedule is kept in memory: all of it is intervals of seconds, and a file would need a
    place that outlives the container.
    """

    def apply_async(self, *arguments: Any, **options: Any) -> Any:
        result = super().apply_async(*arguments, **options)
        heartbeat.beat("scheduler")
        return result


def main() -> None:
    heartbeat.forget("scheduler")
    celery.start(["beat", "--pidfile="])


if __name__ == "__main__":
    main()
