"""The settings of the ticket service."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from environs import Env
from flask import current_app
from marshmallow.validate import Range

from chassis.ops.settings import Settings
from ticket.domain.survey import SurveyTerms


@dataclass(frozen=True, kw_only=True)
class TicketSettings(Settings):
    """Beside what every service needs: which players are asked how satisfied they are, and for how long they may say."""

    surveys: bool
    survey_share: Decimal
    survey_quiet_days: int
    survey_days: int

    @classmethod
    def read(cls, env: Env) -> dict[str, Any]:
        """The values by field name."""
        return {
            **super().read(env),
            "surveys": env.bool("SURVEYS", True),
            "survey_share": env.decimal("SURVEY_SHARE", Decimal(1), validate=Range(Decimal(0), Decimal(1))),
            "survey_quiet_days": env.int("SURVEY_QUIET_DAYS", 7, validate=Range(0, 3650)),
            "survey_days": env.int("SURVEY_DAYS", 7, validate=Range(1, 365)),
        }

    @property
    def survey_terms(self) -> SurveyTerms:
        """Who is asked, and for how long."""
        share = self.survey_share if self.surveys else Decimal(0)
        return SurveyTerms(share, self.survey_quiet_days, self.survey_days)


def timezone() -> str:
    """Where the studio's days begin and end, for readable numbers."""
    settings: Settings = current_app.extensions["playdesk"].settings
    return settings.timezone
