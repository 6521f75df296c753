"""Parts of answers that several services have alike."""

from __future__ import annotations

from typing import ClassVar

from marshmallow import Schema, fields


class MoneyShown(Schema):
    """An amount with its currency."""

    amount = fields.String(required=True)
    currency = fields.String(required=True)


class PlayerBrief(Schema):
    """A player as other records show it."""

    governs: ClassVar[str] = "player"

    id = fields.String(required=True)
    nickname = fields.String(required=True, allow_none=True)
    wechat_id = fields.String(required=True, allow_none=True)
    wechat_name = fields.String(required=True, allow_none=True)
    vip_tier = fields.Integer(required=True)
    merged_into_id = fields.UUID(required=True, allow_none=True)
