"""The facts of opportunities, each carrying the whole state after the change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

from chassis.facts.event import Event, fact
from chassis.money import Money

if TYPE_CHECKING:
    from sales.domain.opportunity import Opportunity

_STATE = (
    "player_id", "lead_id", "title", "reason", "note", "pack_no", "stage", "owner_id", "pool_id", "held_since", "back_at",
    "next_at", "lost_reason", "order_id", "order_no", "closed_at", "created_by",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class OpportunityFact(Event):
    """The state of an opportunity after a change; `how` is what was done, and with it how its owner came to it."""

    player_id: str | None
    lead_id: str | None
    title: str
    pack_no: str | None
    amount: Money | None
    stage: str
    owner_id: str | None
    pool_id: str | None
    held_since: datetime | None
    back_at: datetime | None
    next_at: datetime | None
    lost_reason: str | None
    reason: str | None
    order_id: str | None
    order_no: str | None
    note: str
    closed_at: datetime | None
    created_by: str
    how: str

    @classmethod
    def of(cls, opportunity: Opportunity, how: str, *changed: str) -> Self:
        """The fact that this opportunity is now as it is."""
        amount = opportunity.amount
        return cls(
            subject=opportunity.id,
            entity_version=opportunity.version,
            occurred_at=opportunity.updated_at,
            changed=tuple(changed),
            amount=None if amount is None else Money(amount, opportunity.currency),
            how=how,
            **{name: getattr(opportunity, name) for name in _STATE},
        )


@fact("opportunity.opened.v1")
class OpportunityOpened(OpportunityFact):
    """Something could be sold to a player or a lead."""


@fact("opportunity.updated.v1")
class OpportunityUpdated(OpportunityFact):
    """What is expected, when to go on, or whose it is by now was changed."""


@fact("opportunity.moved.v1")
class OpportunityMoved(OpportunityFact):
    """An opportunity is in another stage; also after it was reopened."""


@fact("opportunity.won.v1")
class OpportunityWon(OpportunityFact):
    """An opportunity sold."""


@fact("opportunity.lost.v1")
class OpportunityLost(OpportunityFact):
    """An opportunity did not sell, for the reason given."""


@fact("opportunity.claimed.v1")
class OpportunityClaimed(OpportunityFact):
    """Somebody took an opportunity out of the pool."""


@fact("opportunity.assigned.v1")
class OpportunityAssigned(OpportunityFact):
    """An opportunity was given to somebody: by a supervisor, after a leaver, or back after a run was undone."""


@fact("opportunity.released.v1")
class OpportunityReleased(OpportunityFact):
    """An opportunity was given back to the pool."""


@fact("opportunity.recycled.v1")
class OpportunityRecycled(OpportunityFact):
    """An idle opportunity was taken back into the pool."""


@fact("opportunity.warned.v1")
class OpportunityWarned(OpportunityFact):
    """An idle opportunity goes back into the pool at `back_at` unless it is worked on."""


OF: dict[str, type[OpportunityFact]] = {
    "opened": OpportunityOpened,
    "updated": OpportunityUpdated,
    "moved": OpportunityMoved,
    "won": OpportunityWon,
    "lost": OpportunityLost,
    "claimed": OpportunityClaimed,
    "released": OpportunityReleased,
    "recycled": OpportunityRecycled,
    "assigned": OpportunityAssigned,
    "handed_over": OpportunityAssigned,
    "given_back": OpportunityAssigned,
    "warned": OpportunityWarned,
}
