"""The counters bar: one's own work and sales today."""

from __future__ import annotations

from typing import Any

from chassis.callers import Caller
from gateway.composition.panels import Panel, ask
from gateway.identity.current import current


def compose_counters(*, caller: Caller | None = None) -> dict[str, Any]:
    """Ticket and sales counters in one dict; `unavailable` names the services that did not answer."""
    who = caller or current.caller
    panels = {
        name: Panel(name, path)
        for name, path, action in (
            ("ticket", "/ticket-counters", "ticket.read"),
            ("sales", "/sales-counters", "sales.read"),
        )
        if who.may(action)
    }
    answers = ask(who, panels)
    found: dict[str, Any] = {}
    for answer in answers.values():
        if answer is not None and answer.status == 200:
            found |= answer.json
    return {**found, "unavailable": [name for name, answer in answers.items() if answer is None]}
