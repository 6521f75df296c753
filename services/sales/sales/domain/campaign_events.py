"""The facts of campaigns, each carrying the whole state after the change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

from chassis.facts.event import Event, fact
from chassis.money import Money

if TYPE_CHECKING:
    from sales.domain.campaign import Campaign

_STATE = (
    "no", "name", "plan", "state", "reason", "department_id", "starts_at", "ends_at", "started_at", "ended_at", "planned_by",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """Whom a campaign is for: players with one of these tags, of one of these tiers; and in words."""

    tags: tuple[str, ...]
    vip_tiers: tuple[int, ...]
    segment: str


@dataclass(frozen=True, kw_only=True)
class CampaignFact(Event):
    """The state of a campaign after a change; without a department it is the whole company's."""

    no: str
    name: str
    plan: str
    budget: Money
    cost: Money | None
    packs: tuple[str, ...]
    target: Target
    state: str
    department_id: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    planned_by: str
    reason: str | None

    @classmethod
    def of(cls, campaign: Campaign, *changed: str) -> Self:
        """The fact that this campaign is now as it is."""
        cost, target = campaign.cost, campaign.target
        return cls(
            subject=campaign.id,
            entity_version=campaign.version,
            occurred_at=campaign.updated_at,
            changed=tuple(changed),
            budget=Money(campaign.budget, campaign.currency),
            cost=None if cost is None else Money(cost, campaign.currency),
            packs=tuple(campaign.packs),
            target=Target(tuple(target["tags"]), tuple(target["vip_tiers"]), target["segment"]),
            **{name: getattr(campaign, name) for name in _STATE},
        )


@fact("campaign.planned.v1")
class CampaignPlanned(CampaignFact):
    """A campaign was planned, or its plan has changed."""


@fact("campaign.started.v1")
class CampaignStarted(CampaignFact):
    """A campaign began: contacts and orders are counted for it."""


@fact("campaign.ended.v1")
class CampaignEnded(CampaignFact):
    """A campaign came to its end: nothing more is counted for it."""


@fact("campaign.cancelled.v1")
class CampaignCancelled(CampaignFact):
    """A campaign was called off, before it began or while it ran."""


@fact("campaign.removed.v1")
class CampaignRemoved(CampaignFact):
    """A campaign that had not begun was removed."""
