"""One player's own data: handed out whole, or erased for good after a second look."""

from flask import Blueprint, make_response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gateway.clients import api
from gateway.pages.answers import go, typed, version
from gateway.policies import requires

blueprint = Blueprint("privacy", __name__)


@blueprint.get("/players/<uuid:player_id>/privacy")
@requires("player.erase")
def show(player_id):
    """What can be done, and what it means."""
    return _page(str(player_id))


@blueprint.post("/players/<uuid:player_id>/erasure")
@requires("player.erase")
def erase(player_id):
    """First ask again, then erase: the second time with the player's name, typed."""
    player = api.get(f"/players/{player_id}").json
    called = confirmed_by(player)
    if request.form.get("confirm", "").strip() != called:
        return make_response(_page(str(player_id), asked=True, mistyped="confirm" in request.form), 200)
    api.post(f"/players/{player_id}/erasure", json=typed("reason"), version=version())
    return go(url_for("players.index"), _("已抹除"))


def confirmed_by(player: dict) -> str:
    """What is to be typed: nickname, WeChat name or ID, whichever the player has."""
    return str(player["nickname"] or player["wechat_name"] or player["wechat_id"] or player["id"][-4:]).strip()


def _page(player_id: str, *, asked: bool = False, mistyped: bool = False) -> str | Response:
    player = api.get(f"/players/{player_id}").json
    return render_template(
        "players/privacy.html", player=player, asked=asked, mistyped=mistyped, confirm=confirmed_by(player)
    )
