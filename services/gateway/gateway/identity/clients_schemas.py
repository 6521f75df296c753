"""The form of API clients as they come in and go out."""

from __future__ import annotations

from ipaddress import ip_network

from marshmallow import Schema, ValidationError, fields

from chassis.http.documents import page_of
from chassis.http.fields import Body, Choice, Id, ListOf, Moment, Text, Whole, list_query
from gateway.identity.scopes import SCOPES


class Network(Text):
    """An address or a network, such as 192.0.2.0/24."""

    def __init__(self) -> None:
        super().__init__(50, min_length=1, handle=True)

    def _deserialize(self, value: object, attr: str | None, data: object, **kwargs: object) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return str(ip_network(text, strict=False))
        except ValueError as error:
            raise ValidationError("invalid") from error


class NewClient(Body):
    """A system that is to call the API; without a department it reaches everything, without addresses from anywhere."""

    name = Text(64, min_length=1, handle=True, required=True)
    scopes = ListOf(Choice(SCOPES), least=1, most=len(SCOPES), required=True)
    department_id = Id(allow_none=True)
    addresses = ListOf(Network(), most=50)
    rate_per_minute = Whole(1, 100_000, allow_none=True)
    expires_at = Moment(allow_none=True)


class ClientEdit(Body):
    """What may be changed."""

    name = Text(64, min_length=1, handle=True)
    scopes = ListOf(Choice(SCOPES), least=1, most=len(SCOPES))
    department_id = Id(allow_none=True)
    addresses = ListOf(Network(), most=50)
    rate_per_minute = Whole(1, 100_000, allow_none=True)
    expires_at = Moment(allow_none=True)


class NewSecret(Body):
    """When the secret ends by itself, if it does."""

    expires_at = Moment(allow_none=True)


class ClientQuery(list_query(("name", "created_at"), default="name")):  # type: ignore[misc]
    """The list of API clients."""


class SecretShown(Schema):
    """A secret by its last letters."""

    id = fields.UUID(required=True)
    hint = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    expires_at = fields.DateTime(required=True, allow_none=True)


class ClientShown(Schema):
    """An API client; its `id` is the client_id of OAuth."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)
    department_id = fields.UUID(required=True, allow_none=True)
    addresses = fields.List(fields.String(), required=True)
    rate_per_minute = fields.Integer(required=True, allow_none=True)
    expires_at = fields.DateTime(required=True, allow_none=True)
    state = fields.String(required=True)
    secrets = fields.List(fields.Nested(SecretShown), required=True)
    last_used_at = fields.DateTime(required=True, allow_none=True)
    last_address = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


class ClientWithSecret(ClientShown):
    """An API client with a new secret, shown this once."""

    secret = fields.String(required=True)


ClientPage = page_of(ClientShown)
