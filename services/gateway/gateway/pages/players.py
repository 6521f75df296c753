"""Players: the list, one whole player, making and changing them, the game snapshot, the phone number (P1–P9)."""

from flask import Blueprint, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from gateway.clients import api
from gateway.identity import current, directory
from gateway.pages import home, opportunities, orders
from gateway.pages.answers import go, page, saved, shown, typed, version, wants_fragment, with_toast
from gateway.pages.jobs import ask_export
from gateway.pages.sessions import sessions_of
from gateway.policies import requires

blueprint = Blueprint("players", __name__)

TABS = {"mine": _l("我的玩家"), "silent": _l("7 天未联系"), "vip": _l("大R 和超R"), "all": _l("全部")}
FILTERS = ("q", "vip_tier", "agent_id", "tag", "source", "silent_days[gte]")


@blueprint.get("/players")
@requires("player.read")
def index():
    """The list; the address is its whole state."""
    tab = request.args.get("tab", "mine" if current.role == "agent" else "all")
    players = api.get("/players", params=_list_filters(tab)).json
    return page("players/index.html", "players/_rows.html", tab=tab, tabs=TABS, players=players, staff=directory())


@blueprint.get("/players/<player_id>")
@requires("player.read")
def one(player_id):
    """Everything of one player, names of before and bindings included."""
    data, sessions = home.panes(player_id), sessions_of(player_id)
    data["timeline"] = home.timeline(data, (sessions or {}).get("items", []))
    back = None if "sales" in data["unavailable"] else orders.money_back_of(player_id)
    bindings, merges = (api.get(f"/players/{player_id}/{name}").json["items"] for name in ("bindings", "merges"))
    return render_template(
        "players/one.html",
        home=data,
        player=data["player"],
        money_back=back,
        bindings=bindings,
        merges=merges,
        opportunities=opportunities.of_player(player_id) if current.can("sales.read") else [],
        sessions=sessions,
        accounts=accounts(),
        staff=directory(),
    )


@blueprint.get("/players/new")
@requires("player.create")
def new():
    """The form, filled in with what was searched for."""
    return shown("players/_new.html", values=guessed(request.args.get("q", "")), accounts=accounts())


@blueprint.post("/players")
@requires("player.create")
def create():
    """Make the player and show it; the game data come by themselves."""
    body = typed("phone", "wechat_id", "wechat_name", "nickname", "source", "note")
    tags = split_tags(request.form.get("tags"))
    agent = request.form.get("agent_id") or (current.id if current.role == "agent" else None)
    body.update({"tags": tags} if tags else {}, **({"agent_id": agent} if agent else {}))
    player = api.post("/players", json=body, key=request.form.get("key")).json
    return _show_new(player)


def _show_new(player: dict) -> Response:
    """On the home page the panes are swapped in place; from elsewhere the browser goes there."""
    address, text = url_for("home.index", player=player["id"]), _("已新建玩家")
    if not wants_fragment() or not on_home():
        return go(address, text)
    response = make_response(
        render_template(
            "home/_panes.html",
            home=home.panes(player["id"]),
            chosen=player["id"],
            view=home.chosen_view(),
            new_player=player,
        )
    )
    response.headers.update({"HX-Retarget": "#work", "HX-Reswap": "innerHTML", "HX-Push-Url": address})
    return with_toast(response, text)


def on_home() -> bool:
    """True when htmx asks from the home page."""
    path = request.headers.get("HX-Current-URL", "").split("?")[0].split("://")[-1]
    return path.partition("/")[2] == ""


@blueprint.get("/players/<player_id>/edit")
@requires("player.update")
def edit(player_id):
    """The form over the page."""
    return shown("players/_edit.html", player=api.get(f"/players/{player_id}").json)


@blueprint.get("/players/<player_id>/bar")
@requires("player.read")
def bar(player_id):
    """The player's bar and information as they are now."""
    return shown("home/_bar_and_info.html", **_bar(player_id))


@blueprint.post("/players/<player_id>")
@requires("player.update")
def save(player_id):
    """Change what was typed; an old WeChat ID or name stays searchable, and a masked one is changed only by another."""
    rules = current.caller.fields
    before = api.get(f"/players/{player_id}").json
    fields: dict = {
        name: request.form[name].strip() or None
        for name in ("wechat_id", "wechat_name", "nickname", "source", "note")
        if name in request.form
    }
    fields = {name: value for name, value in fields.items() if value or not rules.masks(f"player.{name}", listed=False)}
    fields.update(typed("phone"), **({"tags": split_tags(request.form["tags"])} if "tags" in request.form else {}))
    player = api.patch(f"/players/{player_id}", json=fields, version=version()).json
    undo = {"url": url_for(".save", player_id=player_id), "target": "#player-bar", "fields": _as_form(before, player)}
    return saved("home/_bar_and_info.html", back=url_for(".one", player_id=player_id), undo=undo, **_bar(player_id))


@blueprint.post("/players/<player_id>/snapshot")
@requires("player.update")
def snapshot(player_id):
    """Fetch the game data now."""
    player = api.post(f"/players/{player_id}/game-snapshot", json={}).json
    return saved(
        "home/_game_and_bar.html",
        back=url_for("home.index", player=player_id),
        text=_("已去取游戏数据"),
        player=player,
        player_id=player_id,
        asked=1,
    )


@blueprint.get("/players/<player_id>/phone")
@requires("player.phone.reveal")
def phone_form(player_id):
    """Asks why the whole number is needed."""
    ration = api.get(f"/players/{player_id}/phone-reveals").json
    return shown("players/_phone_why.html", player=api.get(f"/players/{player_id}").json, ration=ration)


@blueprint.post("/players/<player_id>/phone")
@requires("player.phone.reveal")
def phone(player_id):
    """Show the whole number for a while; who, when and why is kept."""
    shown_now = api.post(f"/players/{player_id}/phone-reveals", json=typed("reason")).json
    return shown("players/_phone.html", player_id=player_id, phone=shown_now["phone"], until=shown_now["expires_at"])


@blueprint.get("/players/<player_id>/binding")
@requires("player.bind")
def binding_form(player_id):
    """Which agent and which of the agent's WeChat accounts."""
    return shown(
        "players/_binding.html", player=api.get(f"/players/{player_id}").json, accounts=accounts(), staff=directory()
    )


@blueprint.post("/players/<player_id>/binding")
@requires("player.bind")
def bind(player_id):
    """Bind the player to another agent or account, with the reason."""
    account = request.form.get("wechat_account_id", "")
    body = {**typed("agent_id", "reason"), **({"wechat_account_id": account} if account else {})}
    api.post(f"/players/{player_id}/binding", json=body, key=request.form.get("key"))
    return saved(
        "home/_bar_and_info.html", back=url_for(".one", player_id=player_id), text=_("已改绑"), **_bar(player_id)
    )


@blueprint.post("/players/<player_id>/delete")
@requires("player.delete")
def delete(player_id):
    """Delete a player, after the confirmation."""
    api.delete(f"/players/{player_id}", version=version())
    return go(url_for(".index"), _("已删除"))


def _bar(player_id: str) -> dict:
    return {"home": home.panes(player_id), "chosen": player_id, "view": home.chosen_view()}


def _as_form(before: dict, after: dict) -> dict:
    """The fields as they were, over the version just made: the inverse of an edit."""
    names = ("wechat_id", "wechat_name", "nickname", "source", "note")
    fields = {**{name: before.get(name) or "" for name in names}, "tags": ", ".join(before.get("tags") or [])}
    rules = current.caller.fields
    known = {
        name: text
        for name, text in fields.items()
        if rules.may_set(f"player.{name}") and not rules.masks(f"player.{name}", listed=False)
    }
    return {**known, "version": after["version"]}


def guessed(query: str) -> dict:
    """What was searched for, in the field it belongs to."""
    query = query.strip()
    digits = query.replace(" ", "").replace("-", "").removeprefix("+86")
    if digits.isdigit() and len(digits) == 11:
        return {"phone": digits}
    if any("\u4e00" <= sign <= "\u9fff" for sign in query):
        return {"nickname": query}
    return {"wechat_id": query} if query else {}


def split_tags(text: str | None) -> list[str]:
    """Tags as typed, parted by commas of either kind or spaces."""
    return [tag for tag in (text or "").replace("，", ",").replace("、", ",").replace(" ", ",").split(",") if tag]


def accounts() -> list[dict]:
    """The WeChat accounts of all agents."""
    return api.get("/wechat-accounts", params={"limit": 200}).json["items"]


@blueprint.post("/players/exports")
@requires("player.export")
def export():
    """Export what the list shows."""
    return ask_export("/players/exports", _list_filters(request.args.get("tab", "all")))


def _list_filters(tab: str) -> dict:
    tabs: dict[str, dict] = {
        "mine": {"agent_id": current.id},
        "silent": {"silent_days[gte]": 7},
        "vip": {"vip_tier": "3,4"},
    }
    asked = {name: request.args[name] for name in (*FILTERS, "cursor") if request.args.get(name)}
    return {**tabs.get(tab, {}), **asked, "limit": 50}
