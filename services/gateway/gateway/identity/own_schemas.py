"""The form of signing in, of sessions and of the second factor."""

from __future__ import annotations

from marshmallow import Schema, fields

from chassis.http.documents import page_of
from chassis.http.fields import Body, Text
from gateway.identity.schemas import MeShown, TokenShown

__all__ = [
    "Code",
    "Credentials",
    "FactorSecret",
    "FactorShown",
    "FactorStart",
    "MeShown",
    "RecoveryCodes",
    "TokenShown",
]


class Credentials(Body):
    """A staff number, its password, and the code of the second factor where there is one."""

    staff_no = Text(32, min_length=1, handle=True, required=True)
    password = fields.String(required=True, validate=lambda value: len(value) <= 500)
    otp = Text(40, handle=True)


class FactorStart(Body):
    """The password, where the person has one."""

    password = fields.String(validate=lambda value: len(value) <= 500)


class Code(Body):
    """A code of the app, or a recovery code."""

    otp = Text(40, min_length=1, handle=True, required=True)


class SessionShown(Schema):
    """A sign-in: how, when, from where; `device` in words, `current` the one that asks."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    way = fields.String(required=True)
    device = fields.String(required=True)
    address = fields.String(required=True)
    user_agent = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    last_used_at = fields.DateTime(required=True)
    expires_at = fields.DateTime(required=True)
    current = fields.Boolean(required=True)


SessionPage = page_of(SessionShown)


class FactorShown(Schema):
    """Whether there is a second factor and whether the role needs it."""

    in_use = fields.Boolean(required=True)
    required = fields.Boolean(required=True)
    recovery_codes_left = fields.Integer(required=True)


class FactorSecret(Schema):
    """The secret for the app: in base 32, and as the otpauth:// address of its QR code."""

    secret = fields.String(required=True)
    address = fields.String(required=True)


class RecoveryCodes(Schema):
    """Ways in without the app, each once."""

    recovery_codes = fields.List(fields.String(), required=True)
