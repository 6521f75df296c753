"""What is told of surveys: how a player scored what was done, and nothing they wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from chassis.facts.event import Event, fact

if TYPE_CHECKING:
    from ticket.domain.survey import Survey

_STATE = (
    "ticket_id", "ticket_no", "session_id", "player_id", "agent_id", "department_id", "score", "created_at", "answered_at",
)  # fmt: skip


def survey_state(survey: Survey) -> dict[str, Any]:
    """What facts tell of a survey, as it is now."""
    return {name: getattr(survey, name) for name in _STATE}


@fact("survey.answered.v1")
@dataclass(frozen=True, kw_only=True)
class SurveyAnswered(Event):
    """A player scored from 1 to 5 how a ticket was handled, or changed that score within a day."""

    ticket_id: str
    ticket_no: str
    session_id: str | None
    player_id: str
    agent_id: str | None
    department_id: str | None
    score: int
    created_at: datetime
    answered_at: datetime

    @classmethod
    def of(cls, survey: Survey, before: Mapping[str, Any]) -> Self:
        """The fact that it is now answered as it is, and was as `before` says."""
        state = survey_state(survey)
        return cls(
            subject=survey.id,
            entity_version=survey.version,
            occurred_at=survey.updated_at,
            changed=tuple(name for name in _STATE if before[name] != state[name]),
            **state,
        )
