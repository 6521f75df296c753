"""What is done with API clients: made, changed, given secrets, revoked; and how they get in."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from chassis.clock import new_id
from chassis.data.unit_of_work import UnitOfWork
from chassis.rules import NotFound
from gateway.identity import roles
from gateway.identity.api_client import ACTIVE, REVOKED, ApiClient, ClientSecret, ClientToken, comes_from
from gateway.identity.errors import (
    AddressNotAllowed,
    ClientRevoked,
    DuplicateClient,
    InvalidClient,
    InvalidScope,
    LastSecret,
    TwoSecrets,
)
from gateway.identity.scopes import actions_of
from gateway.identity.signin import token_hash
from gateway.identity.staff import Department

TOKEN_PREFIX = "pdc_"  # noqa: S105 - tells a client's token from a person's, and is found by those who look for leaked secrets
MOST_SECRETS = 2
TOKEN_LASTS = timedelta(hours=1)
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Made:
    """A client with a secret that is shown this once."""

    client: ApiClient
    secret: str


@dataclass(frozen=True)
class Issued:
    """An access token that is shown this once."""

    token: str
    scopes: tuple[str, ...]
    lasts: timedelta


def create_client(uow: UnitOfWork, fields: Mapping[str, Any]) -> Made:
    """A new client with its first secret. Raises DuplicateClient, NotFound, NotHeld."""
    client = add_client(uow, new_id(), fields)
    return Made(client, _new_secret(uow, client, None))


def add_client(uow: UnitOfWork, client_id: str, fields: Mapping[str, Any]) -> ApiClient:
    """A client that has no secret yet. Raises DuplicateClient, NotFound, NotHeld where it would hold more than the caller."""
    blank: dict[str, Any] = {"department_id": None, "addresses": [], "rate_per_minute": None, "expires_at": None}
    values = {**blank, **fields, "state": ACTIVE, "last_used_at": None, "last_address": ""}
    client = ApiClient(id=client_id, version=0, created_at=uow.now(), updated_at=uow.now(), **values)
    _must_hold_its(uow, client)
    _must_exist(uow, client.department_id)
    uow.publish(client.note(uow.now(), "name", "scopes", "secret"))
    try:
        return uow.add(client)
    except IntegrityError as error:
        raise DuplicateClient() from error


def edit_client(uow: UnitOfWork, client_id: str, fields: Mapping[str, Any], *, version: int) -> ApiClient:
    """Change a client; what it may do and from where counts at once.

    Raises NotFound, StaleRecord, DuplicateClient, NotHeld where it holds, or would hold, more than the caller.
    """
    client = uow.for_update(ApiClient, client_id, version)
    _must_hold_its(uow, client)
    _must_exist(uow, fields.get("department_id"))
    uow.publish(client.edit(fields, uow.now()))
    _must_hold_its(uow, client)
    try:
        uow.session.flush()
    except IntegrityError as error:
        raise DuplicateClient() from error
    return client


def add_secret(uow: UnitOfWork, client_id: str, expires_at: datetime | None) -> Made:
    """One more secret, to be put in before the old one is taken away.

    Raises NotFound, NotHeld, ClientRevoked, TwoSecrets.
    """
    client = uow.locked(ApiClient, client_id)
    _must_hold_its(uow, client)
    if client.state == REVOKED:
        raise ClientRevoked()
    if len(_secrets(uow, client.id)) >= MOST_SECRETS:
        raise TwoSecrets()
    uow.publish(client.note(uow.now(), "secret"))
    return Made(client, _new_secret(uow, client, expires_at))


def _must_hold_its(uow: UnitOfWork, client: ApiClient) -> None:
    """Raise NotHeld where the client holds more than the caller: who has its secret is the client."""
    roles.must_hold(uow, actions_of(client.scopes), client.department_id)


def remove_secret(uow: UnitOfWork, client_id: str, secret_id: str) -> ApiClient:
    """Take a secret away, if it is there; the tokens got by it are dead at once. Raises NotFound, LastSecret."""
    client = uow.locked(ApiClient, client_id)
    known = _secrets(uow, client.id)
    if secret_id not in {secret.id for secret in known}:
        return client
    if len(known) == 1:
        raise LastSecret()
    uow.session.execute(delete(ClientSecret).where(ClientSecret.id == secret_id))
    uow.publish(client.note(uow.now(), "secret"))
    uow.session.flush()
    uow.session.expire(client, ["secrets"])
    return client


def revoke(uow: UnitOfWork, client_id: str, *, version: int) -> ApiClient:
    """For good: no secret and no token of it serves any more. Raises NotFound, StaleRecord."""
    client = uow.for_update(ApiClient, client_id, version)
    uow.session.execute(delete(ClientToken).where(ClientToken.client_id == client.id))
    uow.session.execute(delete(ClientSecret).where(ClientSecret.client_id == client.id))
    uow.publish(client.edit({"state": REVOKED}, uow.now()))
    uow.session.flush()
    uow.session.expire(client, ["secrets"])
    return client


def issue(uow: UnitOfWork, client_id: str, secret: str, asked: list[str] | None, address: str) -> Issued:
    """A token for whoever knows the secret. Raises InvalidClient, AddressNotAllowed, InvalidScope.

    `asked` are scopes; None asks for all the client has.
    """
    client, by = _known(uow, client_id, secret)
    if not comes_from(address, client.addresses):
        raise AddressNotAllowed()
    scopes = sorted(set(client.scopes if asked is None else asked))
    if not scopes or not set(scopes) <= set(client.scopes):
        raise InvalidScope()
    token = f"{TOKEN_PREFIX}{secrets.token_urlsafe(32)}"
    ends = [moment for moment in (client.expires_at, by.expires_at) if moment is not None]
    until = min([uow.now() + TOKEN_LASTS, *ends])
    made = {"client_id": client.id, "secret_id": by.id, "created_at": uow.now(), "expires_at": until}
    uow.session.add(ClientToken(token_hash=token_hash(token), scopes=scopes, **made))
    return Issued(token, tuple(scopes), until - uow.now())


def _known(uow: UnitOfWork, client_id: str, secret: str) -> tuple[ApiClient, ClientSecret]:
    """The client by its ID and one of its secrets. Raises InvalidClient."""
    alive = (ClientSecret.secret_hash == token_hash(secret), ApiClient.id == client_id)
    query = select(ApiClient, ClientSecret).join(ClientSecret, ClientSecret.client_id == ApiClient.id).where(*alive)
    found = uow.session.execute(query).tuples().first()
    if found is None or not found[0].usable(uow.now()):
        raise InvalidClient()
    if found[1].expires_at is not None and found[1].expires_at <= uow.now():
        raise InvalidClient()
    return found


def client_by_token(uow: UnitOfWork, token: str, now: datetime) -> tuple[ApiClient, ClientToken] | None:
    """Whose token this is; None where it or the client is over or revoked."""
    query = select(ApiClient, ClientToken).join(ClientToken, ClientToken.client_id == ApiClient.id)
    query = query.where(ClientToken.token_hash == token_hash(token), ClientToken.expires_at > now)
    found = uow.session.execute(query).tuples().first()
    return found if found is not None and found[0].usable(now) else None


def note_use(uow: UnitOfWork, client: ApiClient, address: str, now: datetime) -> None:
    """Write down that the client is in use, once a minute at most."""
    if client.last_used_at is None or client.last_used_at < now - SEEN_EVERY:
        seen = {"last_used_at": now, "last_address": address[:64]}
        query = update(ApiClient).where(ApiClient.id == client.id).values(**seen)
        uow.session.execute(query, execution_options={"synchronize_session": False})


def forget_expired(uow: UnitOfWork) -> None:
    """Remove tokens that are over; run by a timer."""
    uow.session.execute(delete(ClientToken).where(ClientToken.expires_at < uow.now()))


def give_secret(uow: UnitOfWork, client: ApiClient, secret: str) -> None:
    """See that this secret, made elsewhere, serves; where there are two others, the older one makes room."""
    known = sorted(_secrets(uow, client.id), key=lambda one: one.created_at)
    if token_hash(secret) in {one.secret_hash for one in known}:
        return
    for one in known[: len(known) - MOST_SECRETS + 1]:
        uow.session.delete(one)
    _add_secret(uow, client, secret, None)


def _new_secret(uow: UnitOfWork, client: ApiClient, expires_at: datetime | None) -> str:
    secret = secrets.token_urlsafe(32)
    _add_secret(uow, client, secret, expires_at)
    return secret


def _add_secret(uow: UnitOfWork, client: ApiClient, secret: str, expires_at: datetime | None) -> None:
    made = {"created_at": uow.now(), "expires_at": expires_at}
    uow.session.add(ClientSecret(client_id=client.id, secret_hash=token_hash(secret), hint=secret[-4:], **made))
    uow.session.flush()
    uow.session.expire(client, ["secrets"])


def _secrets(uow: UnitOfWork, client_id: str) -> list[ClientSecret]:
    """The secrets that serve; one that is over makes room."""
    uow.session.execute(
        delete(ClientSecret).where(ClientSecret.client_id == client_id, ClientSecret.expires_at <= uow.now())
    )
    return list(uow.session.scalars(select(ClientSecret).where(ClientSecret.client_id == client_id)))


def _must_exist(uow: UnitOfWork, department_id: str | None) -> None:
    if department_id and uow.session.get(Department, department_id) is None:
        raise NotFound()
