"""A browser that has signed in with an account before is known by a cookie of its own, and is not held up by strangers."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response, current_app, g, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

_MOST, _DAYS = 6, 180  # accounts a shared computer is known for; how long it stays known


def _name() -> str:
    own: str = current_app.config["SESSION_COOKIE_NAME"]
    return f"{own}-device"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="known device")


def _kept() -> dict[str, Any]:
    try:
        found = _signer().loads(request.cookies.get(_name(), ""), max_age=_DAYS * 86400)
    except BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def mark_for(account: str) -> str:
    """The browser's mark, if this account signed in with it before; else nothing."""
    kept = _kept()
    return str(kept.get("mark", "")) if account.casefold() in kept.get("accounts", ()) else ""


def remember(account: str) -> None:
    """Know this browser from now on; the cookie goes with the answer."""
    kept = _kept()
    accounts = [account.casefold(), *(one for one in kept.get("accounts", ()) if one != account.casefold())]
    g.known_device = {"mark": kept.get("mark") or secrets.token_urlsafe(16), "accounts": accounts[:_MOST]}


def tell(response: Response) -> Response:
    """Set the cookie where somebody has just signed in."""
    if "known_device" in g:
        response.set_cookie(
            _name(),
            _signer().dumps(g.known_device),
            max_age=_DAYS * 86400,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
            path="/",
        )
    return response
