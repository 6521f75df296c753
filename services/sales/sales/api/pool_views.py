"""Leads, opportunities and their history as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chassis.callers import Caller
from chassis.clock import rfc3339
from chassis.data.copies import player_brief
from chassis.money import money_view
from sales.domain.lead import Lead
from sales.domain.opportunity import Opportunity
from sales.domain.pool import Step
from sales.settings import settings

_PLAIN = ("id", "player_id", "lead_id", "title", "pack_no", "stage", "owner_id", "pool_id", "note", "lost_reason")
_MORE = ("reason", "order_id", "order_no", "created_by", "version")
_MOMENTS = ("held_since", "active_at", "back_at", "next_at", "closed_at", "created_at", "updated_at")


def opportunity_view(found: Opportunity, _who: Caller | None = None) -> dict[str, Any]:
    """One opportunity."""
    return {
        **{name: getattr(found, name) for name in (*_PLAIN, *_MORE)},
        **{name: rfc3339(getattr(found, name)) for name in _MOMENTS},
        "player": player_brief(found.player),
        "pack": {"no": found.pack_no, "name": found.pack_name} if found.pack_no else None,
        "amount": money_view(found.amount, found.currency),
    }


def steps_view(steps: Iterable[Step]) -> dict[str, Any]:
    """The history of one record."""
    names = ("how", "stage", "owner_id", "department_id", "by", "reason")
    return {"items": [{**{name: getattr(one, name) for name in names}, "at": rfc3339(one.at)} for one in steps]}


_LEAD = ("id", "name", "wechat_id", "source", "campaign_id", "channel", "note", "state", "owner_id", "pool_id")
_LEAD_MORE = ("player_id", "reason", "created_by", "version")
_LEAD_MOMENTS = ("held_since", "active_at", "back_at", "closed_at", "created_at", "updated_at")


def lead_view(lead: Lead, who: Caller) -> dict[str, Any]:
    """One lead; the phone number masked unless the caller may see it."""
    sees = who.may("player.phone.see") and who.fields.shows_whole("lead.phone", listed=False)
    found = kept_lead_view(lead)
    return {**found, "phone": lead.phone(settings().phones), "phone_visible": True} if sees else found


def kept_lead_view(lead: Lead, _who: Caller | None = None) -> dict[str, Any]:
    """The same for answers that may be kept, and for files: the phone number is always masked."""
    return {
        **{name: getattr(lead, name) for name in (*_LEAD, *_LEAD_MORE)},
        **{name: rfc3339(getattr(lead, name)) for name in _LEAD_MOMENTS},
        "phone": lead.phone_masked,
        "phone_visible": False,
        "player": player_brief(lead.player),
    }
