# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m management_platform.worker`: the Celery worker and its sign of life."""

import logging
from typing import Any

from celery import bootsteps
from celery.worker import state
from redis.exceptions import RedisError

from management_platform.celery_app import QUEUE, celery
from platform_shared import heartbeat
from platform_shared.redis_client import client
from platform_shared.secret_files import SecretError

log = logging.getLogger(__name__)


class ConsumerHeartbeat(bootsteps.StartStopStep):
    """Beats while the consumer can be seen to work.

    It runs inside the consumer's own event loop, so a loop that hangs or that waits for the
    broker does not beat. Neither does a consumer that has cancelled its queue, nor one that is
    idle although jobs have been waiting since the beat before.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self._timer: Any = None
        self._ignored_work = False

    def start(self, consumer: Any) -> None:
        # The first beat comes with the loop's first turn: whoever starts a worker waits for it.
        consumer.timer.call_after(0, self.tick, (consumer,))
        self._timer = consumer.timer.call_repeatedly(heartbeat.EVERY, self.tick, (consumer,))

    def stop(self, consumer: Any) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def tick(self, consumer: Any) -> None:
        try:
            # Over a connection of our own: on the consumer's the answer to BRPOP is awaited.
            waiting = client("CELERY_BROKER_URL").llen(QUEUE)
        except (RedisError, SecretError) as error:
            log.warning("the broker is not available", extra={"fields": {"error": str(error)}})
            return
        idle_with_work = waiting > 0 and not state.reserved_requests
        stuck = idle_with_work and self._ignored_work
        self._ignored_work = idle_with_work
        if stuck or not consumer.task_consumer.consuming_from(QUEUE):
            log.error("not consuming", extra={"fields": {"waiting": waiting}})
            return
        heartbeat.beat("worker")


celery.steps["consumer"].add(ConsumerHeartbeat)


def main() -> None:
    heartbeat.forget("worker")
    # Gossip and mingle are chatter between workers that nothing here uses.
    celery.worker_main(["worker", "--without-gossip", "--without-mingle"])


if __name__ == "__main__":
    main()
