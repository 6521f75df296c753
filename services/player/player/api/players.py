"""The routes of players."""

from __future__ import annotations

from typing import Any

from flask import request

from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.reading import required_version
from chassis.http.routes import Routes
from player.api import schemas
from player.api.rationing import reading, readings, say_when_again
from player.api.sealed import open_answer
from player.api.views import binding_view, kept_player_view, player_view, ration_view, reveal_view
from player.application import bindings, players, reveals, snapshots
from player.application.readings import nobody_with
from player.domain.errors import RevealQuota
from player.domain.player import Player
from player.persistence import bindings as binding_rows
from player.persistence import queries
from player.persistence.search import number_asked
from player.settings import phones, settings

routes = Routes("players", "Players", show=player_view, answer=schemas.PlayerShown)
routes.after_request(open_answer)
routes.register_error_handler(RevealQuota, say_when_again)


@routes.post(
    "/players",
    action="player.create",
    body=schemas.NewPlayer,
    answer=schemas.PlayerShown,
    status=201,
    place="/players/{id}",
    references={"agent_id": "staff"},
    show=kept_player_view,
    problems={409: "duplicate_player"},
)
def create(uow: UnitOfWork, body: dict[str, Any]) -> Player:
    """Write a player down."""
    return players.create_player(uow, body, phones=phones())


@routes.get(
    "/players",
    action="player.read",
    query=schemas.PlayerQuery,
    answer=schemas.PlayerPage,
    problems={429: "too_many_read"},
)
def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find players."""
    readings().must_not_be_held(uow.caller)
    page = queries.find_players(uow, query, phones=phones())
    readings().note(uow.caller, [*(player.id for player in page.items), *_guessed(uow, query, page)])
    return page


def _guessed(uow: UnitOfWork, query: dict[str, Any], page: Page) -> list[str]:
    """A whole number that was asked for and is nobody's counts as one more player: else numbers are found by trying."""
    number = None if page.items or uow.caller.reads_numbers else number_asked(query, uow.caller)
    return [nobody_with(phones().indexes(number)[0])] if number else []


@routes.get(
    "/players/<uuid:player_id>", action="player.read", answer=schemas.PlayerShown, problems={429: "too_many_read"}
)
def read(uow: UnitOfWork, player_id: str) -> Player:
    """Read one player."""
    with reading(uow.caller, player_id):
        return players.living(uow, player_id)


@routes.patch(
    "/players/<uuid:player_id>",
    action="player.update",
    body=schemas.PlayerEdit,
    answer=schemas.PlayerShown,
    problems={409: "duplicate_player, contact_missing", 429: "too_many_read"},
)
def edit(uow: UnitOfWork, player_id: str, version: int, body: dict[str, Any]) -> Player:
    """Change a player's fields."""
    with reading(uow.caller, player_id):
        return players.edit_player(uow, player_id, body, version=version, phones=phones())


@routes.delete("/players/<uuid:player_id>", action="player.delete", problems={429: "too_many_read"})
def remove(uow: UnitOfWork, player_id: str, version: int) -> None:
    """Delete a player; phone number and WeChat ID may be used again."""
    with reading(uow.caller, player_id):
        players.delete_player(uow, player_id, version=version, phones=phones())


@routes.post(
    "/players/<uuid:player_id>/game-snapshot",
    action="player.update",
    answer=schemas.PlayerShown,
    show=kept_player_view,
    problems={409: "no_phone", 429: "too_many_read"},
)
def fetch(uow: UnitOfWork, player_id: str) -> Player:
    """Fetch the game data now; where that fails the answer says when it is tried again."""
    with reading(uow.caller, player_id):
        return snapshots.fetch_now(uow, player_id, ask=settings().game.player, phones=phones())


@routes.post(
    "/players/<uuid:player_id>/phone-reveals",
    action="player.phone.reveal",
    body=schemas.NewReveal,
    answer=schemas.RevealShown,
    status=201,
    problems={409: "no_phone", 429: "reveal_quota"},
)
def reveal(uow: UnitOfWork, player_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Show the whole phone number, for a reason that is kept."""
    limit = settings().phone_reveals_a_day
    return reveal_view(*reveals.reveal_phone(uow, player_id, body["reason"], phones=phones(), limit=limit))


@routes.get("/players/<uuid:player_id>/phone-reveals", action="player.phone.reveal", answer=schemas.RationShown)
def reveals_left(uow: UnitOfWork, player_id: str) -> dict[str, Any]:
    """Read how many more numbers one may be shown today."""
    players.living(uow, player_id)
    return ration_view(reveals.ration(uow, settings().phone_reveals_a_day))


@routes.post(
    "/players/<uuid:player_id>/binding",
    action="player.bind",
    body=schemas.NewBinding,
    answer=schemas.PlayerShown,
    references={"agent_id": "staff"},
    show=kept_player_view,
    problems={412: "stale: where If-Match is sent", 429: "too_many_read"},
)
def bind(uow: UnitOfWork, player_id: str, body: dict[str, Any]) -> Player:
    """Give a player to an agent; If-Match is honoured where it is sent."""
    version = required_version() if request.headers.get("If-Match") else None
    with reading(uow.caller, player_id):
        return bindings.bind_player(uow, player_id, body, version=version, phones=phones())


@routes.get("/players/<uuid:player_id>/bindings", action="player.read", answer=schemas.BindingPage)
def bound(uow: UnitOfWork, player_id: str) -> dict[str, Any]:
    """Read whose a player was, newest first."""
    players.living(uow, player_id)
    spans = binding_rows.history(uow.session, player_id)
    return {"items": [binding_view(span) for span in spans], "next_cursor": None}
