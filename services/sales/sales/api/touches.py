"""The routes of touches."""

from __future__ import annotations

from typing import Any

from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from sales.api import schemas
from sales.api.views import touch_view
from sales.application import touches
from sales.domain.touch import Touch
from sales.persistence import queries

routes = Routes("touches", "Touches", show=touch_view)


@routes.post(
    "/touches",
    action="touch.create",
    body=schemas.NewTouch,
    answer=schemas.TouchShown,
    status=201,
    place="/touches/{id}",
    references={"player_id": "player", "pack_no": "pack"},
    problems={409: "campaign_not_running"},
)
def create(uow: UnitOfWork, body: dict[str, Any]) -> Touch:
    """Log a contact and its outcome."""
    return touches.log_touch(uow, body)


@routes.get("/touches", action="sales.read", query=schemas.TouchQuery, answer=schemas.TouchPage)
def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find touches."""
    return queries.find_touches(uow, query)


@routes.get("/touches/<uuid:touch_id>", action="sales.read", answer=schemas.TouchShown)
def read(uow: UnitOfWork, touch_id: str) -> Touch:
    """Read one touch."""
    return uow.get(Touch, touch_id)


@routes.patch(
    "/touches/<uuid:touch_id>",
    action="touch.create",
    body=schemas.TouchEdit,
    answer=schemas.TouchShown,
    references={"pack_no": "pack"},
    problems={409: "touch_has_order, campaign_not_running"},
)
def edit(uow: UnitOfWork, touch_id: str, version: int, body: dict[str, Any]) -> Touch:
    """Change a touch's fields."""
    return touches.change_touch(uow, touch_id, body, version=version)
