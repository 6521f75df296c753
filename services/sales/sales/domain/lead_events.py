"""The facts of leads, each carrying the whole state after the change; phone numbers are masked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

from chassis.facts.event import Event, fact

if TYPE_CHECKING:
    from sales.domain.lead import Lead

_STATE = (
    "name", "wechat_id", "source", "campaign_id", "channel", "state", "owner_id", "pool_id", "held_since", "back_at",
    "player_id", "reason", "note", "closed_at", "created_by",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class LeadFact(Event):
    """The state of a lead after a change; `how` is what was done, and with it how its owner came to it."""

    name: str
    phone: str | None
    wechat_id: str | None
    source: str
    campaign_id: str | None
    channel: str | None
    state: str
    owner_id: str | None
    pool_id: str | None
    held_since: datetime | None
    back_at: datetime | None
    player_id: str | None
    reason: str | None
    note: str
    closed_at: datetime | None
    created_by: str
    how: str

    @classmethod
    def of(cls, lead: Lead, how: str, *changed: str) -> Self:
        """The fact that this lead is now as it is."""
        return cls(
            subject=lead.id,
            entity_version=lead.version,
            occurred_at=lead.updated_at,
            changed=tuple(changed),
            phone=lead.phone_masked,
            how=how,
            **{name: getattr(lead, name) for name in _STATE},
        )


@fact("lead.created.v1")
class LeadCreated(LeadFact):
    """Somebody who could become a player was written down."""


@fact("lead.updated.v1")
class LeadUpdated(LeadFact):
    """What is known of a lead was changed."""


@fact("lead.assigned.v1")
class LeadAssigned(LeadFact):
    """A lead has another owner, or lies in the pool: `how` says whether it was claimed, given, given back or taken back."""


@fact("lead.warned.v1")
class LeadWarned(LeadFact):
    """An idle lead goes back into the pool at `back_at` unless it is worked on."""


@fact("lead.converted.v1")
class LeadConverted(LeadFact):
    """A lead has become a player."""


@fact("lead.discarded.v1")
class LeadDiscarded(LeadFact):
    """Nothing will come of a lead, for the reason given."""


@fact("lead.reopened.v1")
class LeadReopened(LeadFact):
    """A lead was not over after all."""


OF: dict[str, type[LeadFact]] = {
    "created": LeadCreated,
    "updated": LeadUpdated,
    "converted": LeadConverted,
    "discarded": LeadDiscarded,
    "reopened": LeadReopened,
    "warned": LeadWarned,
    **dict.fromkeys(("claimed", "released", "recycled", "assigned", "handed_over", "given_back"), LeadAssigned),
}
