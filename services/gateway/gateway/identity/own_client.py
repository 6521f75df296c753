"""The API client by which our own services read the merged log: made where it is not there, given its secret as set."""

from __future__ import annotations

from chassis.clock import new_id
from chassis.data.unit_of_work import UnitOfWork
from gateway.identity.api_client import REVOKED, ApiClient
from gateway.identity.clients import add_client, give_secret

NAME = "playdesk: reconcile"
SCOPES = ["event:read"]


def keep(uow: UnitOfWork) -> None:
    """See that the client of EVENTS_CLIENT_ID is there and takes EVENTS_CLIENT_SECRET; run by a timer.

    One that an administrator has revoked stays so. A secret that was changed is put in beside the one before.
    """
    settings = uow.settings
    if not settings.events_client_id or not settings.events_client_secret:
        return
    client = uow.session.get(ApiClient, settings.events_client_id, with_for_update=True)
    if client is None:
        named = {"name": f"{NAME} {new_id()[-4:]}", "scopes": SCOPES}
        client = add_client(uow, settings.events_client_id, named)
    if client.state != REVOKED:
        give_secret(uow, client, settings.events_client_secret)
