"""The route that erases a player."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from chassis.callers import Caller
from chassis.clock import rfc3339
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.fields import Body, Text
from chassis.http.routes import Routes
from player.application.erasure import erase_player
from player.domain.player import Player
from player.settings import phones


class NewErasure(Body):
    """Why; it is kept, and told in the fact: it must not name the player."""

    reason = Text(500, min_length=1, required=True)


class ErasureShown(Schema):
    """That somebody was erased."""

    id = fields.UUID(required=True)
    erased_at = fields.DateTime(required=True, allow_none=True)
    version = fields.Integer(required=True)


def erasure_view(player: Player, _who: Caller) -> dict[str, Any]:
    """What is left to tell."""
    return {"id": player.id, "erased_at": rfc3339(player.erased_at), "version": player.version}


routes = Routes("player-erasure", "Players erased for good", show=erasure_view)


@routes.post(
    "/players/<uuid:player_id>/erasure",
    action="player.erase",
    body=NewErasure,
    answer=ErasureShown,
    versioned=True,
    problems={409: "already_erased"},
)
def erase(uow: UnitOfWork, player_id: str, version: int, body: dict[str, Any]) -> Player:
    """Erase a player for good, here and in every service; it cannot be undone."""
    return erase_player(uow, player_id, body["reason"], version=version, phones=phones())
