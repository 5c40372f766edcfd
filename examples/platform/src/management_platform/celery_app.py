# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Celery as it has to be set up so that no job is lost and none counts twice."""

from datetime import UTC, datetime
from typing import Any

from celery import Celery, signals

from platform_shared import logs
from platform_shared.secret_files import read_secret
from platform_shared.settings import SettingsError, settings

QUEUE = "celery"
LONGEST_JOB = 300.0  # seconds

# A message that waited in the queue too long would only tell of the past, so each expires.
SCHEDULE = {
    name: {
        "task": f"management_platform.tasks.{name}",
        "schedule": seconds,
        # Due at once: a scheduler that has just started shows by its first message that it works.
        "last_run_at": datetime.fromtimestamp(0, UTC),
        "options": {"expires": seconds},
    }
    for name, seconds in (("heartbeat", 5.0), ("publish_forgotten", 15.0))
}


class SecretReadingCelery(Celery):
    """Asks for the broker's URL at every connection, so a rotated password needs no restart."""

    def connection_for_read(self, url: str | None = None, **options: Any) -> Any:
        return super().connection_for_read(url or read_secret("CELERY_BROKER_URL"), **options)

    def connection_for_write(self, url: str | None = None, **options: Any) -> Any:
        return super().connection_for_write(url or read_secret("CELERY_BROKER_URL"), **options)


def configuration() -> dict[str, Any]:
    """Evaluated when a process first needs it: importing this module needs no secrets."""
    if settings.visibility_timeout <= LONGEST_JOB:
        # A job that runs longer than this is handed to a second worker while the first has it.
        raise SettingsError(
            f"VISIBILITY_TIMEOUT_SECONDS is {settings.visibility_timeout}: allowed is more than"
            f" the longest job, {LONGEST_JOB:g}"
        )
    return {
        "broker_url": read_secret("CELERY_BROKER_URL"),
        "result_backend": read_secret("CELERY_RESULT_BACKEND"),
        "result_expires": 3600,
        # What a job did is a row. A result that nobody fetches would keep a subscription open in
        # the web process for ever, so a task that wants one has to say so.
        "task_ignore_result": True,
        # A job is acknowledged when it is done, and given back when its process dies.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        # What a dead worker had reserved waits for the visibility timeout: reserve little.
        "worker_prefetch_multiplier": 1,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            "visibility_timeout": settings.visibility_timeout,
            "unacked_restore_throttle": 1,  # look for lost jobs every 10 s, not every 100 s
            "socket_connect_timeout": 2,
            "socket_timeout": 10,
            "socket_keepalive": True,
            "interval_start": 0.2,  # between two attempts to connect, as long as the timeout allows
        },
        # The API waits for its caller; what could not be published the scheduler publishes later.
        "task_publish_retry": False,
        "broker_connection_timeout": 1,
        "worker_hijack_root_logger": False,
        "worker_concurrency": settings.worker_concurrency,
        "beat_scheduler": "management_platform.scheduler:HonestScheduler",
        "beat_max_loop_interval": 5,
        "beat_schedule": SCHEDULE,
    }


celery = SecretReadingCelery("management_platform", include=["management_platform.tasks"])
celery.add_defaults(configuration)


@signals.setup_logging.connect
def _log_as_json(**_: Any) -> None:
    logs.configure()
