"""The home page in one request: the player, their tickets, their sales, where we stopped and what to mind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chassis.callers import Caller
from chassis.rules import NotFound, RuleBroken
from gateway.clients.api import Unavailable
from gateway.clients.transport import Answer
from gateway.composition.panels import PLAYER_DEADLINE, Panel, ask
from gateway.identity.current import current

TRIED = 20  # players looked through for one who had the WeChat ID before

NO_TICKETS: dict[str, Any] = {
    "items": [],
    "counts": {"pending": 0, "in_progress": 0, "done": 0, "overdue": 0},
    "guards": [],
}
NO_SALES: dict[str, Any] = {
    "touches": [],
    "orders": [],
    "month_total": {"amount": "0.00", "currency": "CNY"},
    "month_orders": 0,
    "month_touches": 0,
    "resume": None,
    "suggestions": [],
    "campaigns": [],
}
# What home shows under `sales`; a sales service of the last release says nothing of campaigns.
SALES = ("touches", "orders", "month_total", "month_orders", "month_touches", "campaigns")


class HeldBack(RuleBroken):
    """The player service shows this person no more players for the time being (S26)."""

    status = 429
    code = "too_many_read"
    zh = "24 小时内看过的玩家太多，先停一停"
    en = "Too many different players were read in 24 hours"


def compose_home(
    *,
    player_id: str | None = None,
    wechat_id: str | None = None,
    phone: str | None = None,
    caller: Caller | None = None,
) -> dict[str, Any]:
    """The whole of one player for the caller.

    Raises NotFound where there is no such player or the caller does not reach it. With the player service away, the
    tickets and sales are still shown where the player is known by ID or WeChat ID; with nothing at all, Unavailable.
    """
    who = caller or current.caller
    keys: dict[str, Any] = {"player_id": player_id} if player_id else {"wechat_id": wechat_id} if wechat_id else {}
    panels = {"player": _player_panel(player_id, wechat_id, phone)}
    if keys:
        panels |= _summaries(who, keys)
    answers = ask(who, panels)
    player = _player(answers["player"]) or _formerly(who, answers["player"], wechat_id)
    if player is not None and not player_id and who.fields.masked_in_lists:  # found in a list, but here for themselves
        player = _player(ask(who, {"player": _player_panel(player["id"], None, None)})["player"]) or player
    if player is not None and (not keys or _of_another(answers, player["id"])):
        answers |= ask(who, _summaries(who, {"player_id": player["id"]}))
    return _composed(who, player, answers)


def _player_panel(player_id: str | None, wechat_id: str | None, phone: str | None) -> Panel:
    if player_id:
        return Panel("player", f"/players/{player_id}", deadline=PLAYER_DEADLINE)
    field = {"wechat_id": wechat_id} if wechat_id else {"phone": phone}
    return Panel("player", "/players", {**field, "limit": 1}, deadline=PLAYER_DEADLINE)


def _summaries(who: Caller, keys: Mapping[str, Any]) -> dict[str, Panel]:
    wanted = {
        "ticket": ("ticket.read", Panel("ticket", "/ticket-summary", keys)),
        "sales": ("sales.read", Panel("sales", "/sales-summary", keys)),
    }
    return {name: panel for name, (action, panel) in wanted.items() if who.may(action)}


def _player(answer: Answer | None) -> dict[str, Any] | None:
    if answer is None:
        return None
    if answer.status == 429:
        raise HeldBack()
    if answer.status != 200:
        raise NotFound()
    found = answer.json
    player: dict[str, Any] | None = next(iter(found["items"]), None) if "items" in found else found
    return player


def _formerly(who: Caller, answer: Answer | None, wechat_id: str | None) -> dict[str, Any] | None:
    """The player who once had this WeChat ID, or into whom somebody who had it was merged. Raises NotFound."""
    if answer is None:
        return None
    if wechat_id:
        query = {"q": wechat_id, "limit": TRIED}
        found = ask(who, {"player": Panel("player", "/players", query, deadline=PLAYER_DEADLINE)})["player"]
        for player in found.json["items"] if found is not None and found.status == 200 else ():
            formerly = [*player["former"]["wechat_ids"], *player.get("also_known", {}).get("wechat_ids", ())]
            if wechat_id.lower() in (former.lower() for former in formerly):
                return dict(player)
    raise NotFound()


def _of_another(answers: Mapping[str, Answer | None], player_id: str) -> bool:
    """Whether a summary found by WeChat ID is not this player's: the ID was an old one, or the copy is not there yet."""
    for name in ("ticket", "sales"):
        answer = answers.get(name)
        if answer is not None and (answer.status != 200 or answer.json["player_id"] != player_id):
            return True
    return False


def _composed(who: Caller, player: dict[str, Any] | None, answers: Mapping[str, Answer | None]) -> dict[str, Any]:
    tickets, sales = _summary(answers, "ticket", NO_TICKETS), _summary(answers, "sales", NO_SALES)
    actions = {"player": "player.read", "ticket": "ticket.read", "sales": "sales.read"}
    missing = [name for name in actions if answers.get(name) is None and who.may(actions[name])]
    if player is None and tickets is None and sales is None:
        raise Unavailable("player")
    tickets, sales = tickets or NO_TICKETS, sales or NO_SALES
    return {
        "player": player,
        "tickets": {"items": tickets["items"], "counts": tickets["counts"]},
        "sales": {name: sales[name] for name in SALES if name in sales},
        "resume": sales["resume"],
        "suggestions": sales["suggestions"],
        "guards": tickets["guards"],
        "unavailable": missing,
    }


def _summary(answers: Mapping[str, Answer | None], name: str, empty: dict[str, Any]) -> dict[str, Any] | None:
    """A summary; empty where the service does not know the player yet."""
    answer = answers.get(name)
    if answer is None:
        return None
    found: dict[str, Any] = answer.json if answer.status == 200 else empty
    return found
