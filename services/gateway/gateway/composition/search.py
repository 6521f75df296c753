"""The search box: what was typed is guessed first, then every kind is asked at once, eight of each."""

from __future__ import annotations

from typing import Any

from chassis.callers import Caller
from chassis.data.search import guess
from gateway.composition.panels import Panel, ask
from gateway.identity.current import current

TOP = 8
_KINDS = {
    "players": ("player", "/players", "player.read"),
    "tickets": ("ticket", "/tickets", "ticket.read"),
    "sessions": ("ticket", "/sessions", "session.read"),
    "packs": ("catalog", "/packs", "pack.read"),
    "orders": ("sales", "/orders", "sales.read"),
}
# A number says by itself what it is of; whatever else was typed may be a name of a player or of a pack.
_ASKED = {
    "ticket_no": ("tickets",),
    "session_no": ("sessions", "players"),
    "order_no": ("orders",),
    "pack_no": ("packs", "players"),
    "item_no": ("players", "tickets", "packs", "orders"),
    "phone": ("players",),
    "phone_tail": ("players",),
    "name": ("players", "packs", "tickets"),
    "handle": ("players", "packs"),
}


def search_everywhere(query: str, *, caller: Caller | None = None) -> dict[str, Any]:
    """{query, guess, players, tickets, sessions, packs, orders, unavailable}: the first eight of each the caller reaches."""
    who = caller or current.caller
    typed = query.strip()
    kind = guess(typed)
    empty: dict[str, Any] = {name: [] for name in _KINDS}
    if len(typed) < 2:
        return {"query": typed, "guess": kind, **empty, "unavailable": []}
    panels = {
        name: Panel(service, path, {"q": typed, "limit": TOP})
        for name, (service, path, action) in _KINDS.items()
        if name in _ASKED[kind] and who.may(action)
    }
    answers = ask(who, panels)
    found = {
        name: answer.json["items"] for name, answer in answers.items() if answer is not None and answer.status == 200
    }
    missing = sorted({panels[name].service for name, answer in answers.items() if answer is None})
    return {"query": typed, "guess": kind, **empty, **found, "unavailable": missing}
