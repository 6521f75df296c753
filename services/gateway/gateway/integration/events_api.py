"""The merged log as a route: for whoever catches up, compares or looks back."""

from __future__ import annotations

from typing import Any

from flask import current_app
from marshmallow import Schema, fields

from chassis.data.unit_of_work import UnitOfWork
from chassis.field_rules import veiled_fact
from chassis.http.fields import Body, Moment, Text, Whole
from chassis.http.log import MOST, Bindings
from chassis.http.problems import language
from chassis.http.routes import Routes
from chassis.jobs import store
from chassis.jobs.routes import JobShown, job_view
from gateway.clients.api import forwarder
from gateway.integration import replaying
from gateway.integration.log import MergedLog, from_cursor, to_cursor
from gateway.integration.reach import reach_of
from gateway.integration.schemas import NewReplay

routes = Routes("events", "The merged log of facts")


class EventsQuery(Body):
    """Where to go on, what of, and how many; `since` is where to begin while there is no cursor."""

    after = Text(400, load_default="")
    since = Moment()
    types = Bindings(load_default=[])
    limit = Whole(1, MOST, text=True, load_default=100)


class EventsShown(Schema):
    """CloudEvents, oldest first. The cursor is never null: it is where to go on later."""

    items = fields.List(fields.Dict(), required=True)
    next_cursor = fields.String(required=True)
    more = fields.Boolean(required=True, metadata={"description": "whether there are more now; a page may be empty"})
    unavailable = fields.List(
        fields.String(), required=True, metadata={"description": "services whose facts come on a later page"}
    )


@routes.get("/events", action="event.read", query=EventsQuery, answer=EventsShown, problems={409: "cursor_expired"})
def find(uow: UnitOfWork, query: dict[str, Any]) -> dict[str, Any]:
    """Read the facts of all services in one order, from the oldest kept or from where one stopped."""
    log = MergedLog(current_app.extensions["playdesk"], forwarder())
    wanted = reach_of(uow.session, uow.caller.scope, uow.caller.staff_id)
    page = log.read(
        from_cursor(query["after"]),
        types=query["types"],
        limit=query["limit"],
        since=query.get("since"),
        wanted=wanted,
    )
    return {
        "items": [veiled_fact(fact, uow.caller.fields) for fact in page.items],
        "next_cursor": to_cursor(page.places),
        "more": page.more,
        "unavailable": page.unavailable,
    }


@routes.post(
    "/event-replays",
    action="subscription.write",
    body=NewReplay,
    answer=JobShown,
    status=202,
    place="/jobs/{id}",
    show=job_view,
    problems={429: "too_many_jobs"},
)
def replay(uow: UnitOfWork, body: dict[str, Any]) -> Any:
    """Send facts of the log again to one subscription; a job, which `GET /jobs/{id}` shows."""
    return store.own_job(uow, replaying.ask(uow, body, language=language()))
