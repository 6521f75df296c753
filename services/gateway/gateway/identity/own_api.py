"""The routes of signing in and of what is one's own: sessions and the second factor."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from flask import Response, current_app, jsonify

from chassis.data.unit_of_work import UnitOfWork
from chassis.http.documents import describe
from chassis.http.reading import read_body
from chassis.http.routes import Routes
from chassis.rules import Forbidden
from gateway.identity import own_schemas as schemas
from gateway.identity import people, second_factor, second_factors, signin, throttle
from gateway.identity.account import confirm_password, slowed
from gateway.identity.current import Sessions, anybody, current
from gateway.identity.entering import enter, leave, runtime, sealer
from gateway.identity.once import once, open_answer
from gateway.identity.session import API
from gateway.identity.staff import Staff
from gateway.identity.views import session_view, staff_view
from gateway.policies import OWN, public

session_routes = Routes("session", "Signing in", show=session_view)
factor_routes = Routes("second-factor", "One's own second factor")
factor_routes.after_request(open_answer)


def _people_only() -> None:
    """A system has no password, no sessions and no second factor. Raises Forbidden."""
    person = anybody()
    if person is not None and person.caller.kind != "staff":
        raise Forbidden()


session_routes.before_request(_people_only)
factor_routes.before_request(_people_only)


def _sign_in() -> Response:
    """Sign in; returns an access token."""
    body = read_body(schemas.Credentials())
    entered = enter(body["staff_no"], body["password"], body.get("otp"), kind=API)
    hours = runtime().settings.session_hours  # type: ignore[attr-defined]
    return jsonify(access_token=entered.token, token_type="Bearer", expires_in=hours * 3600, staff=entered.staff)


describe(
    public(_sign_in),
    action="public",
    answer=schemas.TokenShown,
    status=200,
    body=schemas.Credentials,
    query=None,
    references=None,
    versioned=False,
    creates=False,
    problems={401: "wrong_credentials, otp_required, wrong_otp", 429: "too_many_attempts"},
)
session_routes.route("/login", methods=["POST"], endpoint="sign_in")(_sign_in)


@session_routes.operation("POST", "/logout", action=OWN, answer=None, status=204)
def sign_out(_uow: UnitOfWork) -> None:
    """Sign out: the token is dead at once."""
    leave(current.token)


@session_routes.get("/me", action=OWN, answer=schemas.MeShown)
def me(uow: UnitOfWork) -> dict[str, Any]:
    """Read who is signed in, what they may do and which rows they reach."""
    staff = uow.get(Staff, uow.caller.id)
    scope = {"kind": uow.caller.scope.kind, "departments": list(uow.caller.scope.departments)}
    return {
        "staff": staff_view(staff),
        "permissions": sorted(uow.caller.permissions),
        "scope": scope,
        "field_rules": uow.caller.fields.form(),
    }


def _shown(uow: UnitOfWork, staff_id: str) -> dict[str, Any]:
    return {"items": [session_view(one) for one in signin.sessions_of(uow, staff_id)], "next_cursor": None}


def _end(uow: UnitOfWork, staff_id: str, *, but: str | None = None, only: str | None = None) -> None:
    """End sessions now, not when this process has forgotten them; one that is over, or somebody else's, stays as it is."""
    signin.end_sessions_of(uow, staff_id, but=but, only=only)
    sessions: Sessions = current_app.extensions["playdesk_sessions"]
    sessions.forget_person(staff_id)


@session_routes.get("/me/sessions", action=OWN, answer=schemas.SessionPage)
def own_sessions(uow: UnitOfWork) -> dict[str, Any]:
    """List where one is signed in; `current` is this one."""
    return _shown(uow, uow.caller.id)


@session_routes.operation("DELETE", "/me/sessions", action=OWN, answer=None, status=204)
def end_other_sessions(uow: UnitOfWork) -> None:
    """End all of one's sessions but this one."""
    _end(uow, uow.caller.id, but=current.token)


@session_routes.operation("DELETE", "/me/sessions/<uuid:session_id>", action=OWN, answer=None, status=204)
def end_own_session(uow: UnitOfWork, session_id: str) -> None:
    """End one of one's sessions."""
    _end(uow, uow.caller.id, only=session_id)


@session_routes.get("/staff/<uuid:staff_id>/sessions", action="staff.write", answer=schemas.SessionPage)
def sessions_of_staff(uow: UnitOfWork, staff_id: str) -> dict[str, Any]:
    """List where somebody is signed in."""
    return _shown(uow, uow.get(Staff, staff_id).id)


@session_routes.operation(
    "DELETE",
    "/staff/<uuid:staff_id>/sessions",
    action="staff.write",
    answer=None,
    status=204,
    problems={403: "not_held"},
)
def end_sessions_of_staff(uow: UnitOfWork, staff_id: str) -> None:
    """End all sessions of somebody; of one's own, all but this one."""
    _end(uow, people.touched(uow, staff_id).id, but=current.token)


@session_routes.operation(
    "DELETE",
    "/staff/<uuid:staff_id>/sessions/<uuid:session_id>",
    action="staff.write",
    answer=None,
    status=204,
    problems={403: "not_held"},
)
def end_session_of_staff(uow: UnitOfWork, staff_id: str, session_id: str) -> None:
    """End one session of somebody."""
    _end(uow, people.touched(uow, staff_id).id, only=session_id)


@factor_routes.get("/me/second-factor", action=OWN, answer=schemas.FactorShown)
def own_factor(uow: UnitOfWork) -> dict[str, Any]:
    """Read whether one has a second factor, and whether one's role needs it."""
    return _factor(uow, uow.get(Staff, uow.caller.id))


def _factor(uow: UnitOfWork, staff: Staff) -> dict[str, Any]:
    return {
        "in_use": second_factors.confirmed(uow, staff.id),
        "required": second_factors.required_for(uow, staff.role),
        "recovery_codes_left": second_factors.codes_left(uow, staff.id),
    }


@factor_routes.post(
    "/me/second-factor",
    action=OWN,
    body=schemas.FactorStart,
    answer=schemas.FactorSecret,
    status=201,
    problems={409: "second_factor_kept, wrong_password", 429: "too_many_attempts"},
)
def start_factor(uow: UnitOfWork, body: dict[str, Any]) -> dict[str, Any]:
    """Begin a second factor: the secret for the app, shown this once; it counts when a code of it has confirmed it."""
    staff = uow.locked(Staff, uow.caller.id)
    if staff.password_hash is not None:
        confirm_password(body.get("password", ""))
    secret = second_factors.start(uow, staff, sealer())
    return {"secret": once(secret), "address": once(second_factor.address_of(secret, staff.no))}


@factor_routes.post(
    "/me/second-factor/confirm",
    action=OWN,
    body=schemas.Code,
    answer=schemas.RecoveryCodes,
    problems={409: "wrong_otp, no_second_factor, second_factor_kept"},
)
def confirm_factor(uow: UnitOfWork, body: dict[str, Any]) -> dict[str, Any]:
    """Confirm the app by its code of now; returns the recovery codes, shown this once."""
    with _code_slowed():
        codes = second_factors.confirm(uow, uow.locked(Staff, uow.caller.id), body["otp"], sealer())
    _look_again(uow)
    return {"recovery_codes": [once(code) for code in codes]}


@factor_routes.post(
    "/me/second-factor/recovery-codes",
    action=OWN,
    body=schemas.Code,
    answer=schemas.RecoveryCodes,
    problems={409: "wrong_otp, no_second_factor"},
)
def renew_codes(uow: UnitOfWork, body: dict[str, Any]) -> dict[str, Any]:
    """Get new recovery codes; those of before are worth nothing."""
    with _code_slowed():
        codes = second_factors.renew_codes(uow, uow.locked(Staff, uow.caller.id), body["otp"], sealer())
    return {"recovery_codes": [once(code) for code in codes]}


@factor_routes.operation(
    "POST",
    "/me/second-factor/remove",
    action=OWN,
    body=schemas.Code,
    answer=None,
    status=204,
    problems={409: "wrong_otp, no_second_factor, second_factor_needed"},
)
def remove_factor(uow: UnitOfWork, body: dict[str, Any]) -> None:
    """Do without a second factor from now on."""
    with _code_slowed():
        second_factors.give_up(uow, uow.locked(Staff, uow.caller.id), body["otp"], sealer())
    _look_again(uow)


@factor_routes.get("/staff/<uuid:staff_id>/second-factor", action="staff.write", answer=schemas.FactorShown)
def factor_of_staff(uow: UnitOfWork, staff_id: str) -> dict[str, Any]:
    """Read whether somebody has a second factor, and whether their role needs it."""
    return _factor(uow, uow.get(Staff, staff_id))


@factor_routes.operation(
    "DELETE",
    "/staff/<uuid:staff_id>/second-factor",
    action="staff.write",
    answer=None,
    status=204,
    problems={409: "no_second_factor, own_second_factor", 403: "not_held"},
)
def reset_factor(uow: UnitOfWork, staff_id: str) -> None:
    """Take away the second factor of somebody who lost it; their sessions end."""
    second_factors.reset(uow, staff_id)
    sessions: Sessions = current_app.extensions["playdesk_sessions"]
    sessions.forget_person(staff_id)


def _code_slowed() -> AbstractContextManager[None]:
    return slowed("code", whole=throttle.FREE_BY_ACCOUNT)


def _look_again(uow: UnitOfWork) -> None:
    sessions: Sessions = current_app.extensions["playdesk_sessions"]
    sessions.forget_person(uow.caller.id)


BLUEPRINTS = (session_routes, factor_routes)
