"""The search box and the command palette: the same search, as one types and as a page."""

import re

from flask import Blueprint, redirect, render_template, request, url_for

from gateway.composition.search import search_everywhere
from gateway.pages.answers import wants_fragment
from gateway.policies import requires

blueprint = Blueprint("search", __name__)
EXACT = ("wechat_id", "phone", "uid", "nickname", "wechat_name")


@blueprint.get("/search")
@requires("player.read")
def everywhere():
    """Top hits of each kind; one exact player goes straight to the home page where scripts are off."""
    query = request.args.get("q", "").strip()
    found = _found(query)
    exact = [player for player in found["players"] if player["exact"]]
    if not wants_fragment() and len(exact) == 1:
        return redirect(url_for("home.index", player=exact[0]["id"]))
    template = "search/_results.html" if wants_fragment() else "search/page.html"
    return render_template(template, q=query, found=found, place=request.args.get("in", "search"))


def _found(query: str) -> dict:
    found = search_everywhere(query) if len(query) >= 2 else {}
    for player in found.get("players", []):
        player["exact"] = _is_exact(player, query)
    _only_hit_by_number(found, query)
    return {"players": [], "tickets": [], "sessions": [], "packs": [], "orders": [], "unavailable": [], **found}


def _is_exact(player: dict, query: str) -> bool:
    match = player.get("match") or {}
    values = [player.get(name) for name in ("wechat_id", "nickname", "wechat_name")] + [match.get("value")]
    return any(str(value).casefold() == query.casefold() for value in values if value)


def _only_hit_by_number(found: dict, query: str) -> None:
    """One player for a whole phone number or a tail is meant, though the number itself is masked."""
    players = found.get("players", [])
    if len(players) == 1 and re.fullmatch(r"\+?\d{4,15}", query.replace(" ", "")):
        players[0]["exact"] = True
