"""The settings of the sales service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from environs import Env
from flask import current_app
from marshmallow.validate import Range

from chassis.ops.phone_settings import PhoneSettings
from sales.domain.claiming import ClaimTerms
from sales.domain.pricing import PriceLimits
from sales.domain.returning import ReturnTerms

_SHARE = Range(Decimal(0), Decimal(1))


@dataclass(frozen=True, kw_only=True)
class SalesSettings(PhoneSettings):
    """Beside what every service needs: how far prices may go down, how long a no is respected, a pack
    taken back, and a lower price made good."""

    order_free_discount: Decimal
    order_approval_discount: Decimal
    suggestion_cooldown_days: int
    return_days: int
    circulation_hour: int
    claim_days: int

    @classmethod
    def read(cls, env: Env) -> dict[str, Any]:
        """The values by field name."""
        return {
            **super().read(env),
            "order_free_discount": env.decimal("ORDER_FREE_DISCOUNT", Decimal("0.10"), validate=_SHARE),
            "order_approval_discount": env.decimal("ORDER_APPROVAL_DISCOUNT", Decimal("0.40"), validate=_SHARE),
            "suggestion_cooldown_days": env.int("SUGGESTION_COOLDOWN_DAYS", 30, validate=Range(0, 3650)),
            "circulation_hour": env.int("CIRCULATION_HOUR", 3, validate=Range(0, 23)),
            "return_days": env.int("RETURN_DAYS", 15, validate=Range(0, 3650)),
            "claim_days": env.int("CLAIM_DAYS", 7, validate=Range(0, 3650)),
        }

    @property
    def limits(self) -> PriceLimits:
        """How far an agreed price may lie below the pack's."""
        return PriceLimits(self.order_free_discount, self.order_approval_discount)

    @property
    def return_terms(self) -> ReturnTerms:
        """For how long what was handed out can be returned."""
        return ReturnTerms(self.return_days)

    @property
    def claim_terms(self) -> ClaimTerms:
        """For how long after an order a lower price is made good."""
        return ClaimTerms(self.claim_days)

    @property
    def cooldown(self) -> timedelta:
        """How long a refused pack is not offered again."""
        return timedelta(days=self.suggestion_cooldown_days)


def settings() -> SalesSettings:
    """The settings of the application that serves the present request."""
    found: SalesSettings = current_app.extensions["playdesk"].settings
    return found
