"""Duplicates: the other is searched for, both are seen side by side, one is kept; and the way back (P13, O8)."""

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gateway.clients import api
from gateway.pages.answers import go, shown, typed, version
from gateway.policies import requires

blueprint = Blueprint("merges", __name__)

COMPARED = (
    "nickname",
    "wechat_id",
    "wechat_name",
    "phone",
    "vip_tier",
    "agent_id",
    "tags",
    "note",
    "source",
    "created_at",
)
FOUND = 8


@blueprint.get("/players/<player_id>/merge")
@requires("player.merge")
def form(player_id):
    """First the other is searched for; then both side by side, and what the one who is kept would be."""
    if request.args.get("other"):
        return _compare(player_id, request.args["other"], request.args.get("keep") or player_id)
    query = request.args.get("q", "").strip()
    found = api.get("/players", params={"q": query, "limit": FOUND}).json["items"] if len(query) >= 2 else []
    others = [one for one in found if one["id"] != player_id]
    return shown("merges/_search.html", player=api.get(f"/players/{player_id}").json, query=query, others=others)


@blueprint.post("/players/<player_id>/merge")
@requires("player.merge")
def merge(player_id):
    """Merge, and show who was kept; the toast takes it back."""
    other, keep = request.form.get("other", ""), request.form.get("keep", "")
    gone, into = (other, player_id) if keep == player_id else (player_id, other)
    body = {"into_id": into, **typed("reason")}
    done = api.post(f"/players/{gone}/merge", json=body, version=version(), key=request.form.get("key")).json
    undo = {"url": url_for(".take_back", player_id=gone), "fields": {"version": done["version"]}}
    return go(url_for("players.one", player_id=into), _("已合并"), undo)


@blueprint.post("/players/<player_id>/unmerge")
@requires("player.merge")
def take_back(player_id):
    """Both players are what they were; shows the one who is back."""
    api.post(f"/players/{player_id}/unmerge", json=typed("reason"), version=version())
    return go(url_for("players.one", player_id=player_id), _("已撤销合并"))


def _compare(player_id: str, other_id: str, keep: str) -> Response:
    gone, into = (other_id, player_id) if keep == player_id else (player_id, other_id)
    preview = api.get(f"/players/{gone}/merge-preview", params={"into_id": into}).json
    kept = api.get(f"/players/{into}").json
    rows = [
        {"field": name, "gone": preview["gone"][name], "kept": kept[name], "after": preview["into"][name]}
        for name in COMPARED
    ]
    return shown(
        "merges/_compare.html", player_id=player_id, other_id=other_id, gone=preview["gone"], kept=kept, rows=rows
    )
