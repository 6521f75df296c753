"""The routes of API clients: for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app

from chassis.callers import Caller
from chassis.clock import rfc3339
from chassis.data.pagination import Page, Sort, paginate
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from gateway.identity import clients
from gateway.identity import clients_schemas as schemas
from gateway.identity.api_client import ApiClient
from gateway.identity.current import Sessions
from gateway.identity.once import once, open_answer

SORTS = {"name": Sort(ApiClient.name, "name"), "created_at": Sort(ApiClient.created_at, "created_at")}


def client_view(client: ApiClient, _who: Caller | None = None) -> dict[str, Any]:
    """One client; of its secrets only their last letters."""
    names = (
        "id",
        "name",
        "scopes",
        "department_id",
        "addresses",
        "rate_per_minute",
        "state",
        "last_address",
        "version",
    )
    times = ("expires_at", "last_used_at", "created_at", "updated_at")
    shown = [
        {"id": one.id, "hint": one.hint, "created_at": rfc3339(one.created_at), "expires_at": rfc3339(one.expires_at)}
        for one in client.secrets
    ]
    return {
        **{name: getattr(client, name) for name in names},
        **{name: rfc3339(getattr(client, name)) for name in times},
        "secrets": shown,
    }


routes = Routes("api-clients", "API clients", show=client_view)
routes.after_request(open_answer)


def _with_secret(made: clients.Made) -> dict[str, Any]:
    return {**client_view(made.client), "secret": once(made.secret)}


def _known_anew(client: ApiClient) -> ApiClient:
    """What this process remembers of the client's tokens is forgotten; the others have for a second."""
    sessions: Sessions = current_app.extensions["playdesk_sessions"]
    sessions.forget_person(client.id)
    return client


@routes.get("/api-clients", action="api_client.read", query=schemas.ClientQuery, answer=schemas.ClientPage)
def find_clients(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """List the API clients."""
    return paginate(uow.session, uow.select(ApiClient), sorts=SORTS, id_column=ApiClient.id, query=query)


@routes.post(
    "/api-clients",
    action="api_client.write",
    body=schemas.NewClient,
    answer=schemas.ClientWithSecret,
    status=201,
    place="/api-clients/{id}",
    problems={409: "duplicate_client", 403: "not_held"},
)
def create_client(uow: UnitOfWork, body: dict[str, Any]) -> dict[str, Any]:
    """Add an API client; its first secret is shown this once."""
    return _with_secret(clients.create_client(uow, body))


@routes.get("/api-clients/<uuid:client_id>", action="api_client.read", answer=schemas.ClientShown)
def read_client(uow: UnitOfWork, client_id: str) -> ApiClient:
    """Read one API client."""
    return uow.get(ApiClient, client_id)


@routes.patch(
    "/api-clients/<uuid:client_id>",
    action="api_client.write",
    body=schemas.ClientEdit,
    answer=schemas.ClientShown,
    problems={409: "duplicate_client", 403: "not_held"},
)
def edit_client(uow: UnitOfWork, client_id: str, version: int, body: dict[str, Any]) -> ApiClient:
    """Change an API client; tokens it has may do no more than it may now."""
    return _known_anew(clients.edit_client(uow, client_id, body, version=version))


@routes.post(
    "/api-clients/<uuid:client_id>/secrets",
    action="api_client.write",
    body=schemas.NewSecret,
    answer=schemas.ClientWithSecret,
    status=201,
    problems={409: "two_secrets, client_revoked", 403: "not_held"},
)
def add_secret(uow: UnitOfWork, client_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Add a second secret, shown this once; both serve until one is removed."""
    return _with_secret(clients.add_secret(uow, client_id, body.get("expires_at")))


@routes.operation(
    "DELETE",
    "/api-clients/<uuid:client_id>/secrets/<uuid:secret_id>",
    action="api_client.write",
    answer=schemas.ClientShown,
    problems={409: "last_secret"},
)
def remove_secret(uow: UnitOfWork, client_id: str, secret_id: str) -> ApiClient:
    """Remove a secret; tokens got by it are dead."""
    return _known_anew(clients.remove_secret(uow, client_id, secret_id))


@routes.operation(
    "POST",
    "/api-clients/<uuid:client_id>/revoke",
    action="api_client.write",
    answer=schemas.ClientShown,
    versioned=True,
)
def revoke(uow: UnitOfWork, client_id: str, version: int) -> ApiClient:
    """Revoke an API client for good."""
    return _known_anew(clients.revoke(uow, client_id, version=version))
