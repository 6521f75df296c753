"""The settings of the ticket service: where days begin, and the keys of what is masked in messages."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from environs import Env
from flask import current_app
from marshmallow.validate import Range

from chassis.data.sealing import KeyVault, ring_in_use
from chassis.ops.settings import Settings, key_ring_settings
from ticket.domain.survey import SurveyTerms


@dataclass(frozen=True, kw_only=True)
class TicketSettings(Settings):
    """Beside what every service needs: the keys of messages; which players are asked how satisfied they are, and for how long."""

    message_keys: str
    message_key_current: str
    surveys: bool
    survey_share: Decimal
    survey_quiet_days: int
    survey_days: int

    @classmethod
    def read(cls, env: Env) -> dict[str, Any]:
        """The values by field name. Documents are made without keys; whoever keeps a masked message needs them."""
        keys, current = key_ring_settings(env, "MESSAGE")
        return {
            **super().read(env),
            "message_keys": keys,
            "message_key_current": current,
            "surveys": env.bool("SURVEYS", True),
            "survey_share": env.decimal("SURVEY_SHARE", Decimal(1), validate=Range(Decimal(0), Decimal(1))),
            "survey_quiet_days": env.int("SURVEY_QUIET_DAYS", 7, validate=Range(0, 3650)),
            "survey_days": env.int("SURVEY_DAYS", 7, validate=Range(1, 365)),
        }

    @cached_property
    def messages(self) -> KeyVault:
        """Seals and opens messages as they were written. Raises MessageKeysMissing."""
        if not self.message_keys:
            raise MessageKeysMissing("MESSAGE_KEYS must be set")
        return KeyVault(*ring_in_use(self.message_keys, self.message_key_current))

    @property
    def survey_terms(self) -> SurveyTerms:
        """Who is asked, and for how long."""
        share = self.survey_share if self.surveys else Decimal(0)
        return SurveyTerms(share, self.survey_quiet_days, self.survey_days)


class MessageKeysMissing(RuntimeError):
    """No message that is masked can be kept or opened without its keys."""


def settings() -> TicketSettings:
    """The settings of the running application."""
    found: TicketSettings = current_app.extensions["playdesk"].settings
    return found


def timezone() -> str:
    """Where the studio's days begin and end, for readable numbers."""
    return settings().timezone
