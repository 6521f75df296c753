"""Single sign-on by OpenID Connect: authorization code with PKCE, the ID token checked by Authlib (decision 0020)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.base_client import MismatchingStateError, OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, current_app
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from chassis.ops.logging import log
from gateway.identity.errors import SignOnInvalid, SignOnRefused, SignOnStale, SignOnUnavailable
from gateway.settings import GatewaySettings

SECONDS = 5
_SECOND_FACTORS = frozenset(
    {"mfa", "otp", "hwk", "swk", "sms", "fpt", "face", "sc"}
)  # RFC 8176: asked for beside a password


@dataclass(frozen=True)
class Proved:
    """Who the provider says it is: its own name for them, their staff number, whether it asked for a second factor."""

    subject: str
    staff_no: str
    twice: bool = False


def install(app: Flask, settings: GatewaySettings) -> None:
    """Make the provider known, where one is set."""
    oauth = OAuth(app)
    if settings.oidc_issuer:
        oauth.register(
            "oidc",
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret,
            server_metadata_url=f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": settings.oidc_scope,
                "code_challenge_method": "S256",
                "default_timeout": SECONDS,
            },
        )
    app.extensions["playdesk_oidc"] = oauth


def leave_for(callback: str) -> Response:
    """Send the browser to the provider. Raises SignOnUnavailable."""
    try:
        answer: Response = _client().authorize_redirect(callback)
    except (requests.RequestException, AuthlibBaseError, KeyError, ValueError, RuntimeError) as error:
        raise _away(error) from error
    return answer


def come_back() -> Proved:
    """Who came back. Raises SignOnRefused, SignOnStale, SignOnInvalid, SignOnUnavailable."""
    try:
        token = _client().authorize_access_token()
    except MismatchingStateError as error:
        raise SignOnStale() from error
    except OAuthError as error:
        log.warning("sign-on refused", error=str(error.error)[:80])
        raise SignOnRefused() from error
    except (JoseError, AuthlibBaseError) as error:
        raise _distrusted(type(error).__name__) from error
    except (requests.RequestException, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise _away(error) from error
    return _proved(token.get("userinfo") if isinstance(token, dict) else None)


def _proved(claims: Any) -> Proved:
    settings: GatewaySettings = current_app.extensions["playdesk"].settings
    if not claims or not isinstance(claims.get("sub"), str) or not 0 < len(claims["sub"]) <= 255:
        raise _distrusted("no ID token")
    number = claims.get(settings.oidc_claim)
    methods = claims.get("amr")
    asked = set(methods) if isinstance(methods, list) and all(isinstance(one, str) for one in methods) else set()
    return Proved(claims["sub"], number if isinstance(number, str) else "", bool(asked & _SECOND_FACTORS))


def _client() -> Any:
    return current_app.extensions["playdesk_oidc"].create_client("oidc")


def _away(error: Exception) -> SignOnUnavailable:
    log.warning("sign-on does not answer", error=type(error).__name__)
    return SignOnUnavailable()


def _distrusted(what: str) -> SignOnInvalid:
    log.warning("sign-on is not believed", what=what)
    return SignOnInvalid(what)
