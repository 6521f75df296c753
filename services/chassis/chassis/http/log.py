"""The route by which the gateway reads a service's log; nobody else has the action it takes."""

from __future__ import annotations

import re
from typing import Any

from flask import current_app
from marshmallow import Schema, ValidationError, fields

from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.log import Stretch, place_before, read_log
from chassis.http.fields import Body, Moment, Text, Whole
from chassis.http.routes import Routes

READ_LOG = "event.log"
MOST = 500
_BINDING = re.compile(r"(#|\*|[a-z_0-9]+)(\.(#|\*|[a-z_0-9]+)){0,5}")


def is_binding(text: str) -> bool:
    """Whether it is a topic binding."""
    return _BINDING.fullmatch(text) is not None


class Bindings(Text):
    """Topic bindings with commas between them, as a queue of the broker's would be bound: `ticket.*.v1,order.#`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(2000, min_length=1, handle=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        found = [part.strip() for part in super()._deserialize(value, attr, data, **kwargs).split(",")]
        if len(found) > 50 or not all(is_binding(part) for part in found):
            raise ValidationError("not_a_binding")
        return found


class LogQuery(Body):
    """Where to go on; `since` counts where there is no `after` yet."""

    after = Whole(0, 10**12, text=True)
    since = Moment()
    types = Bindings(load_default=[])
    limit = Whole(1, MOST, text=True, load_default=100)


class LogShown(Schema):
    """Facts of one service in their order."""

    items = fields.List(fields.Dict(), required=True)
    next_after = fields.Integer(required=True, metadata={"description": "everything up to here was looked at"})
    head = fields.Integer(required=True, metadata={"description": "the place of the newest fact"})
    first = fields.Integer(required=True, metadata={"description": "the place of the oldest fact kept"})


def stretch_view(stretch: Stretch) -> dict[str, Any]:
    """As it goes over the wire."""
    return {"items": stretch.items, "next_after": stretch.next_after, "head": stretch.head, "first": stretch.first}


def own_stretch(uow: UnitOfWork, service: str, query: dict[str, Any]) -> dict[str, Any]:
    """What this service's log has for a query."""
    after = query.get("after")
    if after is None:
        after = place_before(uow.session, query["since"]) if query.get("since") else 0
    return stretch_view(read_log(uow.session, service, after=after, types=query["types"], limit=query["limit"]))


def read(uow: UnitOfWork, query: dict[str, Any]) -> dict[str, Any]:
    """Read this service's own log."""
    return own_stretch(uow, current_app.extensions["playdesk"].service.name, query)


def log_routes() -> Routes:
    """The route of one service's log."""
    routes = Routes("event-log", "The log of facts")
    routes.get("/event-log", action=READ_LOG, query=LogQuery, answer=LogShown)(read)
    return routes
