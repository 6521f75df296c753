"""Signing in by the company's identity provider: away to it, and back."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, current_app, redirect, request, session, url_for
from werkzeug.wrappers import Response

from chassis.rules import NotFound, Refusal
from gateway.identity import oidc, sign_on
from gateway.identity.identity import OIDC, WECOM
from gateway.identity.wecom import Wecom
from gateway.pages.answers import inner
from gateway.pages.errors import problem_of
from gateway.pages.login import login_page
from gateway.policies import public
from gateway.settings import GatewaySettings

blueprint = Blueprint("sign_on", __name__)


@blueprint.get("/login/oidc")
@public
def leave_for_oidc() -> Response:
    """Away to the identity provider."""
    if not _settings().oidc_issuer:
        raise NotFound()
    return _leave(lambda callback: oidc.leave_for(callback), "sign_on.back_from_oidc")


@blueprint.get("/login/oidc/callback")
@public
def back_from_oidc() -> Response:
    """Back from the identity provider."""
    if not _settings().oidc_issuer:
        raise NotFound()
    return _back(OIDC, oidc.come_back)


@blueprint.get("/login/wecom")
@public
def leave_for_wecom() -> Response:
    """Away to 企业微信's QR code."""
    wecom = _wecom()
    return _leave(lambda callback: redirect(wecom.leave_for(callback, session), 303), "sign_on.back_from_wecom")


@blueprint.get("/login/wecom/callback")
@public
def back_from_wecom() -> Response:
    """Back from 企业微信."""
    wecom = _wecom()
    code, state = request.args.get("code", "")[:512], request.args.get("state", "")[:512]
    return _back(WECOM, lambda: wecom.come_back(code, state, session))


def _leave(go: Callable[[str], Response], endpoint: str) -> Response:
    onward = inner(request.args.get("next"), "/")
    session["onward"] = onward
    try:
        return go(url_for(endpoint, _external=True))
    except Refusal as refusal:
        return _said(refusal, onward)


def _back(provider: str, come_back: Callable[[], oidc.Proved]) -> Response:
    onward = inner(session.pop("onward", None), "/")
    try:
        refusal = sign_on.welcome(come_back(), provider)
    except Refusal as found:
        refusal = found
    if refusal is None:
        return redirect(onward, 303)
    if refusal.code == "otp_required":
        return redirect(url_for("login.code", next=onward), 303)
    return _said(refusal, onward)


def _said(refusal: Refusal, onward: str) -> Response:
    return current_app.make_response((login_page(onward, problem_of(refusal)), refusal.status))


def _wecom() -> Wecom:
    found: Wecom = current_app.extensions["playdesk_wecom"]
    if not found.offered:
        raise NotFound()
    return found


def _settings() -> GatewaySettings:
    found: GatewaySettings = current_app.extensions["playdesk"].settings
    return found
