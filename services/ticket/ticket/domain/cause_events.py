"""The facts of causes, each carrying the whole state after the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from chassis.facts.event import Event, fact

if TYPE_CHECKING:
    from ticket.domain.cause import Cause

_STATE = ("title", "note", "pack_no", "state", "solution", "fixed_at", "fixed_by", "created_by", "created_at")


def cause_state(cause: Cause) -> dict[str, Any]:
    """What facts tell of a cause, as it is now."""
    return {name: getattr(cause, name) for name in _STATE}


@dataclass(frozen=True, kw_only=True)
class CauseFact(Event):
    """The state of a cause after a change."""

    title: str
    note: str
    pack_no: str | None
    state: str
    solution: str
    fixed_at: datetime | None
    fixed_by: str | None
    created_by: str
    created_at: datetime

    @classmethod
    def of(cls, cause: Cause, before: Mapping[str, Any] | None = None, **more: Any) -> Self:
        """The fact that this cause is now as it is, and was as `before` says."""
        state = cause_state(cause)
        changed = tuple(name for name in _STATE if before is not None and before[name] != state[name])
        return cls(
            subject=cause.id,
            entity_version=cause.version,
            occurred_at=cause.updated_at,
            changed=changed,
            **state,
            **more,
        )


@fact("cause.created.v1")
class CauseCreated(CauseFact):
    """A problem behind several tickets was named."""


@fact("cause.updated.v1")
class CauseUpdated(CauseFact):
    """A cause's title, note or pack was changed."""


@fact("cause.fixed.v1")
@dataclass(frozen=True, kw_only=True)
class CauseFixed(CauseFact):
    """A cause was fixed: `tickets` are completed with it, `tickets_outside` were out of reach and stay open."""

    tickets: int
    tickets_outside: int


@fact("cause.reopened.v1")
@dataclass(frozen=True, kw_only=True)
class CauseReopened(CauseFact):
    """A cause was not fixed after all; `tickets` are reopened with it, none where only the cause is open again."""

    reason: str
    tickets: int
