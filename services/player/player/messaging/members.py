"""What the member system tells on `company.events`: the marks of a player (P12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from chassis.clock import rfc3339
from chassis.data.phones import NotAPhone
from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.envelope import NotAFact, Received
from chassis.facts.event import rules
from chassis.facts.inward import company, contract
from chassis.ops.logging import log
from player.application.members import mark_member, players_of_member
from player.domain.member import marks_of

Text64 = Annotated[str, rules(minLength=1, maxLength=64)]
PlayerId = Annotated[str, rules(format="uuid")]
Phone = Annotated[str, rules(minLength=5, maxLength=31)]
Points = Annotated[int, rules(minimum=0, maximum=9007199254740991)]


@dataclass(frozen=True)
class MemberUpdated:
    """A member's marks are these now. The player is named by `player_id` or, where that is not known, by `phone`."""

    member_no: Text64
    player_id: PlayerId | None = None
    phone: Phone | None = None
    level: Text64 | None = None
    points: Points | None = None
    identity: Text64 | None = None
    verified: bool | None = None


def hear(uow: UnitOfWork, fact: Received) -> None:
    """Keep the marks; a member who is no player here is passed by."""
    if not fact.data.get("player_id") and not fact.data.get("phone"):
        raise NotAFact(f"{fact.key}: player_id or phone is needed")
    try:
        players = players_of_member(uow, fact.data.get("player_id"), fact.data.get("phone"))
    except NotAPhone:
        raise NotAFact(f"{fact.key}: /phone is not a phone number") from None
    if not players:
        log.info("a member who is no player here", version=fact.version)
        return
    at = rfc3339(fact.time or uow.now()) or ""
    mark_member(uow, players, marks_of(fact.data, version=fact.version, at=at))


SUBSCRIPTION = company(
    "members",
    contract(
        "member.updated.v1",
        MemberUpdated,
        hear,
        stream="member",
        teller="member",
        example={
            "member_no": "M88001234",
            "player_id": "01935a2e-7b1c-7000-8000-000000004711",
            "level": "gold",
            "points": 12800,
            "identity": "personal",
            "verified": True,
        },
    ),
)
