"""The facts of sessions and of their messages; what is masked in a message is in none of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from chassis.facts.event import Event, fact

if TYPE_CHECKING:
    from ticket.domain.message import Message
    from ticket.domain.session import ServiceSession

_STATE = (
    "no", "channel", "player_id", "contact", "order_id", "agent_id", "department_id", "state", "opened_at",
    "answered_at", "ended_at", "ended_by", "created_by", "messages", "first_response_seconds",
    "average_response_seconds", "handling_seconds",
)  # fmt: skip


def session_state(session: ServiceSession) -> dict[str, Any]:
    """What facts tell of a session, as it is now."""
    return {name: getattr(session, name) for name in _STATE}


@dataclass(frozen=True, kw_only=True)
class SessionFact(Event):
    """The state of a session after a change; seconds are whole, and null where there is nothing to measure yet."""

    no: str
    channel: str
    player_id: str | None
    contact: str
    order_id: str | None
    agent_id: str | None
    department_id: str | None
    state: str
    opened_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    created_by: str
    messages: int
    first_response_seconds: int | None
    average_response_seconds: int | None
    handling_seconds: int | None

    @classmethod
    def of(cls, session: ServiceSession, before: Mapping[str, Any] | None = None) -> Self:
        """The fact that this session is now as it is, and was as `before` says."""
        state = session_state(session)
        changed = tuple(name for name in _STATE if before is not None and before[name] != state[name])
        return cls(
            subject=session.id,
            entity_version=session.version,
            occurred_at=session.updated_at,
            changed=changed,
            **state,
        )


@fact("session.opened.v1")
class SessionOpened(SessionFact):
    """A session was opened: a player turned to us, or we to them."""


@fact("session.updated.v1")
class SessionUpdated(SessionFact):
    """Who a session is with, whose it is, or the order it is about was changed."""


@fact("session.answered.v1")
class SessionAnswered(SessionFact):
    """An agent answered in a session for the first time; told once."""


@fact("session.ended.v1")
class SessionEnded(SessionFact):
    """A session ended, with its figures."""


@dataclass(frozen=True, kw_only=True)
class MessageFact(Event):
    """Of which session a message is, by whom and when it was said."""

    session_id: str
    session_no: str
    player_id: str | None
    channel: str
    author: str
    staff_id: str | None
    at: datetime

    @classmethod
    def of(cls, message: Message, session: ServiceSession, **more: Any) -> Self:
        """The fact about this message of this session."""
        return cls(
            subject=message.id,
            entity_version=1,
            occurred_at=message.received_at,
            session_id=session.id,
            session_no=session.no,
            player_id=session.player_id,
            channel=session.channel,
            author=message.author,
            staff_id=message.staff_id,
            at=message.at,
            **more,
        )


@fact("message.received.v1")
@dataclass(frozen=True, kw_only=True)
class MessageReceived(MessageFact):
    """Something was said in a session, by whomever; phone numbers, sensitive and abusive words in it are masked."""

    text: str
    masked: bool


@dataclass(frozen=True)
class RuleHit:
    """Why a part of a message is masked: a kind, and the ID of the word in the list where it is one."""

    kind: str
    word_id: str | None


@fact("message.masked.v1")
@dataclass(frozen=True, kw_only=True)
class MessageMasked(MessageFact):
    """A part of a message was masked: which rules hit, and never what they hit."""

    hits: tuple[RuleHit, ...]


@fact("message.unmasked.v1")
@dataclass(frozen=True, kw_only=True)
class MessageUnmasked(MessageFact):
    """Somebody was shown a message as it was written, for a reason."""

    reason: str
