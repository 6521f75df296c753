"""The routes of packs."""

from __future__ import annotations

from typing import Any

from catalog.api import answers, schemas
from catalog.api.views import pack_view, revision_view, verdict_view
from catalog.application import packs
from catalog.domain.pack import Pack
from catalog.persistence import queries
from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from chassis.rules import NotFound

routes = Routes("packs", "Packs", show=pack_view)


@routes.post(
    "/packs/preview",
    action="pack.read",
    body=schemas.PackPreview,
    answer=answers.VerdictShown,
    problems={409: "price_above_sum"},
)
def preview(uow: UnitOfWork, body: dict[str, Any]) -> dict[str, Any]:
    """Hear the verdict that saving would come to."""
    return verdict_view(packs.preview_pack(uow, body))


@routes.post(
    "/packs",
    action="pack.create",
    body=schemas.NewPack,
    answer=answers.PackShown,
    status=201,
    place="/packs/{id}",
    references={"player_id": "player"},
    problems={409: "discount_not_allowed, price_above_sum"},
)
def create(uow: UnitOfWork, body: dict[str, Any]) -> Pack:
    """Draft a pack."""
    reach_player(uow, body.get("player_id"))
    return packs.create_pack(uow, body)


@routes.get("/packs", action="pack.read", query=schemas.PackQuery, answer=answers.PackPage)
def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find packs."""
    return queries.find_packs(uow, query)


@routes.get("/packs/<uuid:pack_id>", action="pack.read", answer=answers.PackShown)
def read(uow: UnitOfWork, pack_id: str) -> Pack:
    """Read one pack."""
    return uow.get(Pack, pack_id)


@routes.patch(
    "/packs/<uuid:pack_id>",
    action="pack.create",
    body=schemas.PackEdit,
    answer=answers.PackShown,
    references={"player_id": "player"},
    problems={409: "discount_not_allowed, price_above_sum, item_withdrawn, pack_expired"},
)
def edit(uow: UnitOfWork, pack_id: str, version: int, body: dict[str, Any]) -> Pack:
    """Change a pack and have it judged anew; one that is on sale gets its next revision."""
    if body.get("player_id") != queries.player_of(uow, pack_id):
        reach_player(uow, body.get("player_id"))
    return packs.edit_pack(uow, pack_id, body, version=version)


@routes.post(
    "/packs/<uuid:pack_id>/publish",
    action="pack.publish",
    answer=answers.PackShown,
    versioned=True,
    problems={409: "not_draft, discount_not_allowed, price_above_sum, item_withdrawn, pack_expired"},
)
def publish(uow: UnitOfWork, pack_id: str, version: int) -> Pack:
    """Put a pack on sale, or hand it in for approval."""
    return packs.publish_pack(uow, pack_id, version=version)


@routes.post(
    "/packs/<uuid:pack_id>/approve",
    action="pack.approve",
    answer=answers.PackShown,
    versioned=True,
    problems={409: "not_awaiting_approval, own_pack, discount_not_allowed, item_withdrawn, pack_expired"},
)
def approve(uow: UnitOfWork, pack_id: str, version: int) -> Pack:
    """Put on sale what awaits approval."""
    return packs.approve_pack(uow, pack_id, version=version)


@routes.post(
    "/packs/<uuid:pack_id>/withdraw",
    action="pack.publish",
    answer=answers.PackShown,
    versioned=True,
    problems={409: "already_withdrawn"},
)
def withdraw(uow: UnitOfWork, pack_id: str, version: int) -> Pack:
    """Take a pack off sale, or give a draft up."""
    return packs.withdraw_pack(uow, pack_id, version=version)


@routes.get(
    "/packs/<uuid:pack_id>/revisions",
    action="pack.read",
    query=schemas.RevisionQuery,
    answer=answers.RevisionPage,
    show=revision_view,
)
def revisions(uow: UnitOfWork, pack_id: str, query: dict[str, Any]) -> Page:
    """Read what a pack was each time it was on sale."""
    return queries.revisions(uow, pack_id, query)


def reach_player(uow: UnitOfWork, player_id: str | None) -> None:
    """A pack is made only for a player the caller reaches; raises NotFound.

    The catalog keeps no players: the copy in the token, put there by the gateway when it hears 404, is the proof.
    """
    if player_id and not any(copy["id"] == player_id for copy in uow.caller.references.get("player", ())):
        raise NotFound()
