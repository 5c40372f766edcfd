# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API takes and shows."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$", max_length=200)]


class Shown(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    created_at: datetime


class NewCustomer(BaseModel):
    name: Text
    email: Email


class ShownCustomer(Shown, NewCustomer):
    pass


class NewBooking(BaseModel):
    customer_id: int
    plan: Text
    starts_at: AwareDatetime
    status: Literal["confirmed", "cancelled"] = "confirmed"


class ShownBooking(Shown, NewBooking):
    pass


class NewPayment(BaseModel):
    booking_id: int
    reference: Text
    amount: Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=2)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "EUR"
    status: Literal["succeeded", "failed", "refunded"] = "succeeded"


class ShownPayment(Shown, NewPayment):
    pass
