"""The routes of items."""

from __future__ import annotations

from typing import Any

from flask import Response

from catalog.api import answers, schemas
from catalog.api.views import item_view, price_change_view, report_view
from catalog.application import items
from catalog.domain.errors import GameServerUnavailable
from catalog.domain.item import Item
from catalog.persistence import queries
from catalog.settings import game_server
from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.problems import of_refusal
from chassis.http.routes import Routes
from chassis.rules import NotFound

routes = Routes("items", "Items", show=item_view)


@routes.post(
    "/items/sync",
    action="item.sync",
    answer=answers.SyncShown,
    problems={409: "sync_running", 503: "game_server_unavailable"},
)
def sync(uow: UnitOfWork) -> dict[str, Any]:
    """Take over the game's price list, whole or not at all."""
    return report_view(items.sync_from_game(uow, game_server().price_list))


@routes.get("/items", action="item.read", query=schemas.ItemQuery, answer=answers.ItemPage)
def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find items."""
    return queries.find_items(uow, query)


@routes.get("/items/<uuid:item_id>", action="item.read", answer=answers.ItemShown)
def read(uow: UnitOfWork, item_id: str) -> Item:
    """Read one item."""
    return uow.get(Item, item_id)


@routes.patch(
    "/items/<uuid:item_id>",
    action="item.adjust",
    body=schemas.ItemEdit,
    answer=answers.ItemShown,
    references={"buyer": "staff"},
)
def adjust(uow: UnitOfWork, item_id: str, version: int, body: dict[str, Any]) -> Item:
    """Adjust an item's price, or give the list's back to it; say who supplies and who buys it."""
    reach_buyer(uow, item_id, body.get("buyer"))
    return items.adjust_item(uow, item_id, body, version=version)


@routes.post(
    "/items/<uuid:item_id>/resolution",
    action="item.adjust",
    body=schemas.Resolution,
    answer=answers.ItemShown,
    versioned=True,
    problems={409: "no_conflict"},
)
def resolve(uow: UnitOfWork, item_id: str, version: int, body: dict[str, Any]) -> Item:
    """Settle a price conflict."""
    return items.resolve_conflict(uow, item_id, body["keep"], version=version)


@routes.get(
    "/items/<uuid:item_id>/price-history",
    action="item.read",
    query=schemas.HistoryQuery,
    answer=answers.PriceHistory,
    show=price_change_view,
)
def price_history(uow: UnitOfWork, item_id: str, query: dict[str, Any]) -> Page:
    """Read every change of an item's prices: what, when, by whom."""
    return queries.price_history(uow, item_id, query)


def reach_buyer(uow: UnitOfWork, item_id: str, buyer: str | None) -> None:
    """A new buyer is somebody in service; raises NotFound.

    The catalog keeps no staff: the copy in the token, put there by the gateway, is the proof.
    """
    if not buyer or any(copy["id"] == buyer for copy in uow.caller.references.get("staff", ())):
        return
    if buyer != queries.buyer_of(uow, item_id):
        raise NotFound()


@routes.errorhandler(GameServerUnavailable)
def game_server_unavailable(error: GameServerUnavailable) -> Response:
    """A 503 says when to come again."""
    response = of_refusal(error)
    response.headers["Retry-After"] = "30"
    return response
