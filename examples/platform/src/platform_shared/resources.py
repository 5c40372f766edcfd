# Copyright (c) 2026 steward.platform contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A REST resource over one table: create, list, get, count."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from platform_shared import database

Limit = Annotated[int, Query(ge=1, le=1000, description="How many at most.")]
After = Annotated[int, Query(ge=0, description="Only those with a greater id: the last one you saw.")]


class Count(BaseModel):
    count: int


def count_rows(session: Session, model: type[Any]) -> Count:
    return Count(count=session.scalar(select(func.count()).select_from(model)) or 0)


def get_row(session: Session, model: type[Any], key: Any) -> Any:
    row = session.get(model, key)
    if row is None:
        raise HTTPException(404, f"there is no {model.__name__.lower()} {key}")
    return row


def insert_row(session: Session, row: Any) -> Any:
    """The database's own constraints decide; what they say becomes a 409."""
    session.add(row)
    try:
        session.commit()
    except IntegrityError as error:
        constraint = getattr(error.orig.diag, "constraint_name", None)
        raise HTTPException(409, f"refused by constraint {constraint}") from error
    return row


def resource_router(
    model: type[Any],
    new: type[BaseModel],
    shown: type[BaseModel],
    get: Callable[[Session, int], Any] | None = None,
) -> APIRouter:
    """`get` replaces the plain look-up of one row, for a resource that has a faster way."""
    plural = model.__tablename__
    find = get or (lambda session, row_id: get_row(session, model, row_id))
    router = APIRouter(prefix=f"/api/v1/{plural}", tags=[plural])

    @router.post("", status_code=201, response_model=shown, name=f"create {model.__name__}")
    def create(values: new) -> Any:
        with database.session() as session:
            return shown.model_validate(insert_row(session, model(**values.model_dump())))

    @router.get("", response_model=list[shown], name=f"list {plural}")
    def list_rows(limit: Limit = 100, after: After = 0) -> Any:
        following = select(model).where(model.id > after).order_by(model.id).limit(limit)
        with database.session() as session:
            return [shown.model_validate(row) for row in session.scalars(following)]

    @router.get("/count", name=f"count {plural}")
    def count() -> Count:
        with database.session() as session:
            return count_rows(session, model)

    @router.get("/{row_id}", response_model=shown, name=f"get {model.__name__}")
    def get_one(row_id: int) -> Any:
        with database.session() as session:
            return shown.model_validate(find(session, row_id))

    return router
