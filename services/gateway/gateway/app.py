"""The gateway: its parts, put together."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, g, request, session
from flask_babel import Babel
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from chassis.data.unit_of_work import company_wide
from chassis.field_rules import OPEN, FieldRules
from chassis.http import problems
from chassis.http.app import bare_app
from chassis.http.dead import reaches_letters
from chassis.http.uploads import allow_uploads
from chassis.rules import Unauthorized
from chassis.service import Runtime, Service, Timer
from gateway import assets, documents_routes, headers, limits, pages, presence, proxy, readiness
from gateway.audit import api as audit_api
from gateway.audit import exports as audit_exports
from gateway.audit import facts as audit_facts
from gateway.audit import requests as audit_requests
from gateway.audit.entry import AuditEntry
from gateway.audit.reading import of_whom
from gateway.audit.sealing import seal
from gateway.clients.api import Unavailable
from gateway.clients.forwarding import Forwarder
from gateway.clients.transport import ServiceDown
from gateway.composition import api as composed
from gateway.composition import dead_letters, disclosure, jobs, leaving
from gateway.identity import api as identity_api
from gateway.identity import clients, clients_api, devices, hr, imports, oauth, oidc, own_api, own_client, sign_on_api
from gateway.identity.api_client import ApiClient
from gateway.identity.base import Base
from gateway.identity.current import Sessions, anybody, authenticate, still_here
from gateway.identity.enrolment import lead_to_enrolment
from gateway.identity.role import Role
from gateway.identity.signin import forget_expired
from gateway.identity.staff import Department, Staff, WechatAccount
from gateway.identity.wecom import Wecom
from gateway.integration import delivering, events_api, hearing, replaying, subscriptions_api, watching
from gateway.integration.reach import of_its_subscription
from gateway.integration.subscription import Delivery, Subscription
from gateway.integration.subscriptions import forget_deliveries
from gateway.options import api as options_api
from gateway.options import using
from gateway.options.option import Option
from gateway.pages.answers import wants_fragment
from gateway.pages.errors import error_page
from gateway.pages.jobs import UPLOADS
from gateway.policies import PUBLIC_ENDPOINTS
from gateway.settings import GatewaySettings

FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")

SERVICE = Service(
    name="gateway",
    title="Playdesk gateway",
    settings=GatewaySettings,
    metadata=Base.metadata,
    migrations=Path(__file__).parent / "migrations",
    scopes={
        **dict.fromkeys((Staff, Department, WechatAccount, ApiClient, Role, Subscription, Option), company_wide),
        AuditEntry: of_whom,
        Delivery: of_its_subscription,
    },
    blueprints=(
        *identity_api.BLUEPRINTS,
        *own_api.BLUEPRINTS,
        clients_api.routes,
        sign_on_api.routes,
        options_api.routes,
        imports.routes,
        audit_api.routes,
        audit_exports.routes,
        composed.routes,
        jobs.routes,
        dead_letters.routes,
        events_api.routes,
        subscriptions_api.routes,
        subscriptions_api.deliveries,
        leaving.routes,
        disclosure.routes,
    ),
    emits=("staff.", "department.", "role.", "option.", "api_client."),
    subscriptions=(audit_facts.SUBSCRIPTION, hr.SUBSCRIPTION, hearing.SUBSCRIPTION, using.SUBSCRIPTION),
    jobs=(replaying.KIND, audit_exports.AUDIT.kind, imports.STAFF.kind),
    still_here=still_here,
    loops={"deliveries": delivering.run, "queues": watching.run},
    timers=(
        Timer("audit_seals", timedelta(seconds=2), seal),
        Timer("sessions", timedelta(minutes=10), forget_expired),
        Timer("client_tokens", timedelta(minutes=10), clients.forget_expired),
        Timer("own_client", timedelta(minutes=10), own_client.keep),
        Timer("deliveries", timedelta(hours=1), forget_deliveries),
        Timer("presence", timedelta(minutes=10), presence.forget),
    ),
)


def make_gateway(runtime: Runtime) -> Flask:
    """The gateway's application: API, pages and static files."""
    settings = runtime.settings
    assert isinstance(settings, GatewaySettings)
    app = bare_app(runtime, template_folder="templates", root_path=str(Path(__file__).parent))
    _configure_cookies(app, settings)
    app.extensions["playdesk_sessions"] = Sessions(runtime)
    app.extensions["playdesk_forwarder"] = Forwarder(settings)
    app.extensions["playdesk_wecom"] = Wecom(settings)
    oidc.install(app, settings)
    app.before_request(_identify)
    limits.install(app, settings.rate_limit, settings.visitors_rate_limit)
    app.before_request(_deny_strangers)
    app.before_request(_take_files)
    app.before_request(lead_to_enrolment)
    app.after_request(devices.tell)
    _protect_from_forgery(app)
    audit_requests.install(app, runtime)
    headers.install(app)
    readiness.install(app, runtime)
    Babel(app, default_locale="zh", locale_selector=_locale)
    app.register_blueprint(documents_routes.blueprint)
    app.register_blueprint(oauth.blueprint)
    app.register_blueprint(proxy.blueprint)
    app.register_error_handler(ServiceDown, lambda down: proxy.unavailable(down.service))
    app.register_error_handler(Unavailable, lambda error: proxy.unavailable(error.service))
    _add_pages(app)
    assets.install(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _configure_cookies(app: Flask, settings: GatewaySettings) -> None:
    secure = settings.cookie_secure
    app.secret_key = settings.secret_key or settings.token_private_key
    app.config.update(
        SESSION_COOKIE_NAME="__Host-playdesk" if secure else "playdesk",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        BABEL_TRANSLATION_DIRECTORIES="translations",
    )


def _identify() -> None:
    g.signed_in = request.environ.get("playdesk.signed_in")
    if g.signed_in is not None:
        g.caller = g.signed_in.caller
    else:
        authenticate()
    g.language = _locale()


def _deny_strangers() -> None:
    """Denied by default: what is not on the public list needs somebody signed in, whatever its view forgot to ask."""
    known = request.endpoint is not None and request.method != "OPTIONS"
    if known and request.endpoint not in PUBLIC_ENDPOINTS and g.signed_in is None:
        raise Unauthorized()
    if g.signed_in is not None and g.signed_in.caller.kind == "client" and not request.path.startswith("/api/"):
        raise Unauthorized()  # the pages are for people


def _take_files() -> None:
    """A page that takes a file takes more than others, before the token in its form is looked for."""
    if request.endpoint in UPLOADS:
        allow_uploads()


def _locale() -> str:
    """zh or en: the person's own choice, else the visitor's, else what the browser asks for."""
    person = anybody()
    chosen = (person.locale if person else "") or session.get("locale", "")
    return chosen if chosen in ("zh", "en") else problems.language()


def _protect_from_forgery(app: Flask) -> None:
    """Every unsafe request that rides on a cookie needs the token; a bearer token cannot be sent by another site."""
    csrf = CSRFProtect(app)

    def check() -> None:
        safe = request.method in ("GET", "HEAD", "OPTIONS", "TRACE")
        inside = "playdesk.signed_in" in request.environ
        if safe or inside or "Authorization" in request.headers:
            return
        if request.path == "/oauth/token":
            return  # the secret is in the request itself, never in a cookie
        if request.path == "/api/v1/login" and request.mimetype == "application/json" and not session.get("sid"):
            return  # sets no cookie, and JSON cannot be sent across sites without asking first
        csrf.protect()

    def refused(_error: CSRFError) -> Any:
        plain_form = request.mimetype in FORM_TYPES and request.path != "/login/again" and not wants_fragment()
        if plain_form and not request.path.startswith("/api/"):
            page = error_page(400)  # says that the form may be too old
            page.status_code = 403
            return page
        zh = problems.language() == "zh"
        title = "页面已过期，请刷新后再试" if zh else "The page has expired, please reload it"
        return problems.problem(403, "csrf_failed", title)

    app.before_request(check)
    app.register_error_handler(CSRFError, refused)


def _add_pages(app: Flask) -> None:
    app.jinja_env.globals.update(can=_can, sees=_sees, sets=_sets, masks=_masks)
    app.context_processor(lambda: {"me": anybody()})
    pages.register(app)
    app.register_blueprint(presence.blueprint)


def _can(action: str) -> bool:
    person = anybody()
    if person is None or not person.can(action):
        return False
    return not action.startswith("dead_letter.") or reaches_letters(person.caller)


def _rules() -> FieldRules:
    person = anybody()
    return person.caller.fields if person is not None else OPEN


def _sees(field: str) -> bool:
    return _rules().may_see(field)


def _sets(field: str) -> bool:
    return _rules().may_set(field)


def _masks(field: str) -> bool:
    return _rules().masks(field, listed=False)
