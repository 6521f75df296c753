"""Audit entries as JSON: what was, what is, who, and from where."""

from __future__ import annotations

from typing import Any

import orjson

from chassis.callers import Caller
from chassis.clock import rfc3339
from chassis.field_rules import veiled
from gateway.audit.entry import FACT
from gateway.audit.reading import Shown


def entry_view(shown: Shown, who: Caller) -> dict[str, Any]:
    """One entry; of a fact only what it changed, of what is new all of it, under the reader's rules for fields."""
    entry, data = shown.entry, orjson.loads(shown.entry.data)
    origin = shown.origin or entry
    is_fact = entry.kind == FACT
    changed = list(data.pop("changed", [])) if is_fact else []
    return {
        "id": entry.id,
        "at": rfc3339(entry.at),
        "recorded_at": rfc3339(entry.recorded_at),
        "kind": entry.kind,
        "action": entry.action,
        "actor": _actor(shown),
        "subject": {"kind": entry.subject_kind, "id": entry.subject, "version": entry.entity_version},
        "origin": {"address": origin.address, "user_agent": origin.user_agent},
        "request_id": entry.request_id,
        "service": entry.service,
        "sequence": entry.sequence,
        "changed": changed,
        "before": _state(shown, shown.before, changed, who) if is_fact and shown.before is not None else None,
        "after": _state(shown, data, changed, who) if is_fact else None,
        "details": None if is_fact else data,
        "sealed": shown.sealed,
    }


def _actor(shown: Shown) -> dict[str, Any] | None:
    who, actor = shown.entry.actor, shown.actor
    if who is None:
        return None
    if actor is None:
        return {"id": who, "kind": "service" if who.isalpha() else "unknown", "no": None, "name": None}
    return {"id": who, "kind": "staff", "no": actor.no, "name": actor.name}


def _state(shown: Shown, state: dict[str, Any], changed: list[str], who: Caller) -> dict[str, Any]:
    return _only(veiled(shown.entry.subject_kind, state, who.fields, listed=True), changed)


def _only(state: dict[str, Any], changed: list[str]) -> dict[str, Any]:
    """The fields named, as far as the state has them; all where none of them is a field of it."""
    found = {name: state[name] for name in changed if name in state}
    return found or {name: value for name, value in state.items() if name != "changed"}
