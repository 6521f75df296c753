"""POST /oauth/token: client credentials for tokens (RFC 6749, sections 2.3.1, 4.4 and 5)."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_plus
from uuid import UUID

from flask import Blueprint, Response, jsonify, request

from chassis.ops.logging import log
from gateway.identity import clients
from gateway.identity.entering import work
from gateway.identity.errors import AddressNotAllowed, InvalidClient, InvalidScope
from gateway.policies import public

blueprint = Blueprint("oauth", __name__)
_FORM = "application/x-www-form-urlencoded"


class _Wrong(Exception):
    """An error of RFC 6749, 5.2: its code and a sentence for the developer."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        self.error, self.description, self.status = error, description, status
        super().__init__(error)


@blueprint.post("/oauth/token")
@public
def token() -> Response:
    """Give a client a token for its ID and secret."""
    try:
        return _answer(_issued())
    except _Wrong as wrong:
        return _refusal(wrong)
    except InvalidClient as refusal:
        return _refusal(_Wrong("invalid_client", refusal.en, 401))
    except (AddressNotAllowed, InvalidScope) as refusal:
        return _refusal(_Wrong(refusal.code, refusal.en))


def _issued() -> clients.Issued:
    if request.mimetype != _FORM:
        raise _Wrong("invalid_request", f"The body must be {_FORM}")
    _each_once()
    client_id, secret = _credentials()
    grant = request.form.get("grant_type", "")
    if grant != "client_credentials":
        raise _Wrong("unsupported_grant_type" if grant else "invalid_request", "grant_type must be client_credentials")
    asked = request.form.get("scope")
    address = request.remote_addr or ""
    with (uow := work()).session:
        scopes = asked.split() if asked is not None and asked.strip() else None
        issued = clients.issue(uow, client_id, secret, scopes, address)
        uow.commit()
    log.info("client token", client=client_id, scopes=" ".join(issued.scopes))
    return issued


def _each_once() -> None:
    """A parameter that comes twice, or in the address, where it would be logged, is refused."""
    if request.args or any(len(values) > 1 for _, values in request.form.lists()):
        raise _Wrong("invalid_request", "Parameters belong into the body, each once")


def _credentials() -> tuple[str, str]:
    """(client ID, secret) of the header or of the body, never of both. Raises _Wrong, InvalidClient."""
    in_body = "client_secret" in request.form or "client_id" in request.form
    if "Authorization" in request.headers:
        if "client_secret" in request.form:
            raise _Wrong("invalid_request", "Use one way to authenticate, not two")
        client_id, secret = _basic(request.headers["Authorization"])
    elif in_body:
        client_id, secret = request.form.get("client_id", ""), request.form.get("client_secret", "")
    else:
        raise InvalidClient()
    try:
        return str(UUID(client_id)), secret
    except ValueError:
        raise InvalidClient() from None


def _basic(header: str) -> tuple[str, str]:
    """Each part form-encoded within the base64, as the RFC has it."""
    scheme, _, packed = header.partition(" ")
    try:
        if scheme.lower() != "basic":
            raise InvalidClient()
        client_id, _, secret = base64.b64decode(packed.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeError):
        raise InvalidClient() from None
    return unquote_plus(client_id), unquote_plus(secret)


def _answer(issued: clients.Issued) -> Response:
    seconds = int(issued.lasts.total_seconds())
    response = jsonify(
        access_token=issued.token, token_type="Bearer", expires_in=seconds, scope=" ".join(issued.scopes)
    )
    response.headers["Pragma"] = "no-cache"
    return response


def _refusal(wrong: _Wrong) -> Response:
    response = jsonify(error=wrong.error, error_description=wrong.description)
    response.status_code = wrong.status
    if wrong.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="playdesk", charset="UTF-8"'
    return response
