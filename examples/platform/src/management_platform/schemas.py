# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API takes and shows."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from management_platform.celery_app import LONGEST_JOB

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class Shown(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class NewTenant(BaseModel):
    name: Text


class ShownTenant(Shown, NewTenant):
    id: int
    created_at: datetime


class NewJob(BaseModel):
    """The id may come from the caller, who can then ask twice and get one job."""

    id: uuid.UUID = Field(default_factory=uuid.uuid4)
    tenant_id: int | None = None
    kind: Text = "report"
    seconds: Annotated[float, Field(ge=0, le=LONGEST_JOB, description="How long it works.")] = 0


class ShownResult(Shown):
    worker: str
    finished_at: datetime
    deliveries: int


class ShownJob(Shown, NewJob):
    status: str
    created_at: datetime
    published_at: datetime | None
    result: ShownResult | None


class JobCount(BaseModel):
    count: int
    queued: int
    done: int
    results: int
    deliveries: int


class ShownScheduler(BaseModel):
    last_heartbeat: datetime | None
    age_seconds: float | None
