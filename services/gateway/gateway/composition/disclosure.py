"""Everything known about one player, of every service, in one JSON: for the player who asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from marshmallow import Schema, fields

from chassis.callers import Caller
from chassis.clock import rfc3339, utc_now
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from chassis.rules import NotFound
from gateway.audit import record_at_once
from gateway.clients.api import forwarder
from gateway.clients.transport import ServiceDown

A_PAGE = 200

routes = Routes("disclosure", "Everything of one player")


class DisclosureShown(Schema):
    """What is known, by the service that knows it."""

    exported_at = fields.DateTime(required=True)
    player = fields.Dict(required=True)
    bindings = fields.List(fields.Dict(), required=True)
    merged = fields.List(
        fields.Dict(), required=True, metadata={"description": "who was merged into the player, each with bindings"}
    )
    merges = fields.List(fields.Dict(), required=True)
    tickets = fields.List(fields.Dict(), required=True, metadata={"description": "each with its timeline"})
    sessions = fields.List(
        fields.Dict(), required=True, metadata={"description": "each with its messages, masked as everybody reads them"}
    )
    surveys = fields.List(fields.Dict(), required=True)
    touches = fields.List(fields.Dict(), required=True)
    orders = fields.List(fields.Dict(), required=True)
    returns = fields.List(fields.Dict(), required=True)
    leads = fields.List(fields.Dict(), required=True, metadata={"description": "each with its history"})
    opportunities = fields.List(fields.Dict(), required=True, metadata={"description": "each with its history"})
    claims = fields.List(fields.Dict(), required=True)


@routes.get("/players/<uuid:player_id>/export", action="player.export", answer=DisclosureShown)
def export(uow: UnitOfWork, player_id: str) -> dict[str, Any]:
    """Read everything known about one player; it is whole, or 503 says which service is missing."""
    found = disclose(uow.caller, player_id)
    counts = {name: len(value) for name, value in found.items() if isinstance(value, list)}
    record_at_once(
        "player.exported", subject_kind="player", subject=player_id, actor=uow.caller.id, details={"rows": counts}
    )
    return found


def disclose(who: Caller, player_id: str) -> dict[str, Any]:
    """What `who` reaches of a player, in every service. Raises NotFound, ServiceDown."""
    of_player = {"player_id": player_id}
    tickets = list(_every(who, "ticket", "/tickets", of_player))
    sessions = list(_every(who, "ticket", "/sessions", of_player))
    merges = _read(who, "player", f"/players/{player_id}/merges")["items"]
    return {
        "exported_at": rfc3339(utc_now()),
        "player": _read(who, "player", f"/players/{player_id}"),
        "bindings": _bindings(who, player_id),
        "merged": [
            {**_read(who, "player", f"/players/{one}"), "bindings": _bindings(who, one)}
            for one in sorted({merge["player"]["id"] for merge in merges if merge["undone_at"] is None} - {player_id})
        ],
        "merges": merges,
        "tickets": [
            {**one, "timeline": _read(who, "ticket", f"/tickets/{one['id']}/timeline")["items"]} for one in tickets
        ],
        "sessions": [
            {**one, "messages": list(_every(who, "ticket", f"/sessions/{one['id']}/messages", {}))} for one in sessions
        ],
        "surveys": list(_every(who, "ticket", "/surveys", of_player)),
        "touches": list(_every(who, "sales", "/touches", of_player)),
        "orders": list(_every(who, "sales", "/orders", of_player)),
        "returns": list(_every(who, "sales", "/returns", of_player)),
        **{name: _with_history(who, name, of_player) for name in ("leads", "opportunities")},
        "claims": list(_every(who, "sales", "/claims", of_player)),
    }


def _bindings(who: Caller, player_id: str) -> Any:
    return _read(who, "player", f"/players/{player_id}/bindings")["items"]


def _with_history(who: Caller, name: str, of_player: dict[str, Any]) -> list[dict[str, Any]]:
    found = list(_every(who, "sales", f"/{name}", of_player))
    return [{**one, "history": _read(who, "sales", f"/{name}/{one['id']}/history")["items"]} for one in found]


def _every(who: Caller, service: str, path: str, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
    cursor: str | None = None
    while True:
        page = _read(who, service, path, {**params, "limit": A_PAGE, **({"cursor": cursor} if cursor else {})})
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def _read(who: Caller, service: str, path: str, params: dict[str, Any] | None = None) -> Any:
    answer = forwarder().read(who, service, path, params)
    if answer.status >= 500:
        raise ServiceDown(service, str(answer.status))
    if answer.status != 200:
        raise NotFound()
    return answer.json
