"""The routes of duplicates: what a merge would make, the merge, its reverse, and which there were (P13, O8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import Schema, fields

from chassis.clock import rfc3339
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.documents import page_of
from chassis.http.fields import Body, Id, Text
from chassis.http.routes import Routes
from player.api.rationing import reading, say_when_again
from player.api.schemas import PlayerShown
from player.api.views import kept_player_view, player_view
from player.application import merging
from player.application.duplicates import brief
from player.application.players import living
from player.domain.errors import RevealQuota
from player.domain.merge import Merge
from player.domain.player import Player
from player.domain.taking import fields_of
from player.persistence import groups
from player.settings import phones

routes = Routes("player-merges", "Players who are one person", show=kept_player_view)
routes.register_error_handler(RevealQuota, say_when_again)


class NewMerge(Body):
    """Into whom, and why."""

    into_id = Id(required=True)
    reason = Text(500, load_default="")


class Unmerge(Body):
    """Why the merge is taken back."""

    reason = Text(500, load_default="")


class PreviewQuery(Body):
    """Into whom the player would be merged."""

    into_id = Id(required=True)


class PlayerOfMerge(Schema):
    """A player as a merge names them."""

    governs: ClassVar[str] = "player"

    id = fields.UUID(required=True)
    nickname = fields.String(required=True, allow_none=True)
    wechat_id = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True)


class MergeShown(Schema):
    """One merge of one player into another; `undone_at` where it was taken back, and null is whoever is out of reach."""

    id = fields.UUID(required=True)
    player = fields.Nested(PlayerOfMerge, required=True, allow_none=True)
    into = fields.Nested(PlayerOfMerge, required=True, allow_none=True)
    taken = fields.List(fields.String(), required=True, metadata={"description": "what the survivor took over"})
    reason = fields.String(required=True)
    at = fields.DateTime(required=True)
    by = fields.String(required=True)
    undone_at = fields.DateTime(required=True, allow_none=True)
    undone_by = fields.String(required=True, allow_none=True)
    undone_reason = fields.String(required=True)


MergePage = page_of(MergeShown)


class MergePreview(Schema):
    """Who would go, and the survivor as they would be; `taken` names the fields that would be taken over."""

    gone = fields.Nested(PlayerShown, required=True)
    into = fields.Nested(PlayerShown, required=True)
    taken = fields.List(fields.String(), required=True)


def merge_view(merge: Merge, players: Mapping[str, Player]) -> dict[str, Any]:
    """One merge, both players by name as far as they are in `players`."""
    both = {"player": players.get(merge.player_id), "into": players.get(merge.into_id)}
    return {
        "id": merge.id,
        **{name: {**brief(one), "version": one.version} if one else None for name, one in both.items()},
        "taken": fields_of(merge.taken),
        "reason": merge.reason,
        "at": rfc3339(merge.at),
        "by": merge.by,
        "undone_at": rfc3339(merge.undone_at),
        "undone_by": merge.undone_by,
        "undone_reason": merge.undone_reason,
    }


@routes.post(
    "/players/<uuid:player_id>/merge",
    action="player.merge",
    body=NewMerge,
    answer=PlayerShown,
    versioned=True,
    problems={409: "player_merged, same_player", 429: "too_many_read"},
)
def merge(uow: UnitOfWork, player_id: str, version: int, body: dict[str, Any]) -> Player:
    """Merge a player into another who is the same person; the answer is the one who goes, now with `merged_into_id`."""
    with reading(uow.caller, player_id):
        return merging.merge_player(uow, player_id, body["into_id"], body["reason"], version=version, phones=phones())


@routes.post(
    "/players/<uuid:player_id>/unmerge",
    action="player.merge",
    body=Unmerge,
    answer=PlayerShown,
    versioned=True,
    problems={409: "not_merged, merged_further, duplicate_player, contact_missing", 429: "too_many_read"},
)
def unmerge(uow: UnitOfWork, player_id: str, version: int, body: dict[str, Any]) -> Player:
    """Take back the merge of a player into another: both are what they were, apart from later changes."""
    with reading(uow.caller, player_id):
        return merging.unmerge_player(uow, player_id, body["reason"], version=version, phones=phones())


@routes.get(
    "/players/<uuid:player_id>/merge-preview",
    action="player.merge",
    query=PreviewQuery,
    answer=MergePreview,
    problems={409: "player_merged, same_player", 429: "too_many_read"},
)
def preview(uow: UnitOfWork, player_id: str, query: dict[str, Any]) -> dict[str, Any]:
    """Read what a merge would make of both players; nothing is written."""
    with reading(uow.caller, player_id, query["into_id"]):
        found = merging.preview_merge(uow, player_id, query["into_id"], phones=phones())
    return {**found, **{name: player_view(found[name], uow.caller) for name in ("gone", "into")}}


@routes.get("/players/<uuid:player_id>/merges", action="player.read", answer=MergePage)
def merges(uow: UnitOfWork, player_id: str) -> dict[str, Any]:
    """Read which merges a player, and whoever was merged into them, were part of, newest first."""
    living(uow, player_id)
    found = groups.history(uow.session, player_id)
    players = groups.named(uow, {one for merge in found for one in (merge.player_id, merge.into_id)})
    return {"items": [merge_view(merge, players) for merge in found], "next_cursor": None}
