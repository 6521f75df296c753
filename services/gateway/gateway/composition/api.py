"""The routes that are composed: home, search and the counters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, validates_schema

from chassis.data.unit_of_work import UnitOfWork
from chassis.http.fields import Body, Id, Text
from chassis.http.routes import Routes
from gateway.composition.counters import compose_counters
from gateway.composition.home import compose_home
from gateway.composition.search import search_everywhere

routes = Routes("composed", "Composed of several services")


class HomeQuery(Body):
    """Of which player: exactly one of the three."""

    reads: ClassVar[Mapping[str, str]] = {"wechat_id": "player.wechat_id", "phone": "player.phone"}

    player_id = Id()
    wechat_id = Text(64, min_length=1, handle=True)
    phone = Text(32, min_length=1, handle=True)

    @validates_schema
    def _one(self, data: dict[str, Any], **_: Any) -> None:
        if len(data) != 1:
            raise ValidationError("one_of:player_id wechat_id phone")


class SearchQuery(Body):
    """What was typed."""

    q = Text(100, required=True)


class HomeShown(Schema):
    """A player with everything around them; `unavailable` names the parts that are missing."""

    player = fields.Dict(required=True, allow_none=True)
    tickets = fields.Dict(required=True)
    sales = fields.Dict(required=True)
    resume = fields.Dict(required=True, allow_none=True)
    suggestions = fields.List(fields.Dict(), required=True)
    guards = fields.List(fields.Dict(), required=True)
    unavailable = fields.List(fields.String(), required=True)


class SearchShown(Schema):
    """The first eight of each kind."""

    query = fields.String(required=True)
    guess = fields.String(required=True)
    players = fields.List(fields.Dict(), required=True)
    tickets = fields.List(fields.Dict(), required=True)
    sessions = fields.List(fields.Dict(), required=True, metadata={"description": "by number alone"})
    packs = fields.List(fields.Dict(), required=True)
    orders = fields.List(fields.Dict(), required=True)
    unavailable = fields.List(fields.String(), required=True)


class CountersShown(Schema):
    """One's own work in figures; the services' counters in one object, without those of a service that is away."""

    pending = fields.Integer()
    in_progress = fields.Integer()
    overdue = fields.Integer()
    overdue_soon = fields.Integer()
    done_today = fields.Integer()
    due_today = fields.Integer()
    touches_today = fields.Integer()
    orders_today = fields.Integer()
    sold_today = fields.Dict()
    month_total = fields.Dict()
    unavailable = fields.List(fields.String(), required=True)


@routes.get("/home", action="player.read", query=HomeQuery, answer=HomeShown)
def home(uow: UnitOfWork, query: dict[str, Any]) -> dict[str, Any]:
    """Read everything of one player in one request."""
    return compose_home(**query, caller=uow.caller)


@routes.get("/search", action="player.read", query=SearchQuery, answer=SearchShown)
def search(uow: UnitOfWork, query: dict[str, Any]) -> dict[str, Any]:
    """Search players, tickets, sessions, packs and orders at once."""
    return search_everywhere(query["q"], caller=uow.caller)


@routes.get("/counters", action="player.read", answer=CountersShown)
def counters(uow: UnitOfWork) -> dict[str, Any]:
    """Read one's own counters."""
    return compose_counters(caller=uow.caller)
