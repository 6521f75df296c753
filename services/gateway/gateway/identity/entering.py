"""The ways in: a password or a single sign-on, then the second factor where there is one; and out again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import current_app, g, request, session
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from chassis.callers import service_itself
from chassis.data.unit_of_work import UnitOfWork
from chassis.rules import Refusal
from chassis.service import Runtime
from gateway.audit import record
from gateway.identity import devices, second_factors, signin, throttle
from gateway.identity.current import Sessions
from gateway.identity.errors import OtpRequired, WrongCredentials, WrongOtp
from gateway.identity.sealing import Sealer, sealer_of
from gateway.identity.session import PENDING, WEB, Session
from gateway.identity.staff import IN_SERVICE, Staff
from gateway.identity.throttle import Visitor
from gateway.identity.views import staff_brief


@dataclass(frozen=True)
class Entered:
    """A token that is shown this once, and whom it is for."""

    token: str
    staff: dict[str, Any]


def runtime() -> Runtime:
    """The running gateway."""
    found: Runtime = current_app.extensions["playdesk"]
    return found


def work() -> UnitOfWork:
    """A unit of work of the gateway itself: whoever signs in is nobody yet."""
    return runtime().work(service_itself("gateway"))


def sealer() -> Sealer:
    """What seals the secrets of second factors."""
    return sealer_of(runtime().settings.seal_secrets)  # type: ignore[attr-defined]


def visitor(account: str = "") -> Visitor:
    """Where the present request comes from; forwarded addresses count only behind trusted proxies."""
    mark = devices.mark_for(account) if account else ""
    return Visitor(request.remote_addr or "", request.headers.get("User-Agent", ""), mark)


def enter(staff_no: str, password: str, otp: str | None, *, kind: str) -> Entered:
    """Sign in at once, with the code of the second factor where there is one.

    Raises WrongCredentials, OtpRequired, WrongOtp, TooManyAttempts.
    """
    staff = _by_password(staff_no, password)
    with (uow := work()).session:
        needs_code = second_factors.confirmed(uow, staff.id)
    if needs_code:
        if not (otp or "").strip():
            raise OtpRequired()
        _check_code(staff, otp or "")
    return _opened(staff, kind=kind, way="password")


def _by_password(staff_no: str, password: str) -> Staff:
    here = visitor(staff_no)
    with (uow := work()).session:
        throttle.take_attempt(uow, staff_no, here)
        uow.commit()
    with (uow := work()).session:
        try:
            staff = signin.staff_by_password(uow, staff_no, password)
        except WrongCredentials:
            _note_failure(uow, staff_no, "password")
            raise
        except Exception:
            _not_judged(staff_no, here)
            raise
        throttle.give_back(uow, staff_no, here)
        uow.commit()
    return staff


def _not_judged(account: str, here: Visitor) -> None:
    """An attempt that was never judged, for a reason of ours, is no guess: it is taken back as far as that can be done."""
    with suppress(SQLAlchemyError), (uow := work()).session:
        throttle.take_back(uow, account, here)
        uow.commit()


def _note_failure(uow: UnitOfWork, staff_no: str, what: str) -> None:
    """Whose number it was; a number that nobody has is not kept: it may be a password typed into the wrong field."""
    query = select(Staff.id, Staff.no).where(func.lower(Staff.no) == staff_no.lower())
    known = uow.session.execute(query).first()
    details = {"wrong": what, "staff_no": known.no if known else None}
    record(uow, "session.refused", subject_kind="staff", subject=known.id if known else "", actor="", details=details)
    uow.commit()


def _check_code(staff: Staff, code: str) -> None:
    """Raise WrongOtp, TooManyAttempts; whoever comes here knows the password, so the whole account waits, too."""
    account, here = f"code {staff.no}", visitor(staff.no)
    with (uow := work()).session:
        throttle.take_attempt(uow, account, here, whole=throttle.FREE_BY_ACCOUNT)
        uow.commit()
    with (uow := work()).session:
        if not second_factors.accepted(uow, staff.id, code, sealer()):
            _note_failure(uow, staff.no, "code")
            raise WrongOtp()
        throttle.give_back(uow, account, here)
        uow.commit()


def _opened(staff: Staff, *, kind: str, way: str) -> Entered:
    hours = timedelta(hours=runtime().settings.session_hours)  # type: ignore[attr-defined]
    with (uow := work()).session:
        token = signin.open_session(uow, staff, visitor(), kind=kind, lasts=hours, way=way)
        details = {"kind": kind, "way": way}
        record(uow, "session.opened", subject_kind="staff", subject=staff.id, actor=staff.id, details=details)
        uow.commit()
    return Entered(token, staff_brief(staff))


def sign_in(staff_no: str, password: str, otp: str | None = None) -> Refusal | None:
    """Sign in for the pages, all in one step; returns what was wrong."""
    try:
        entered = enter(staff_no, password, otp, kind=WEB)
    except Refusal as refusal:
        return refusal
    _sit_down(entered)
    return None


def first_step(staff_no: str, password: str) -> Refusal | None:
    """The password of the login page; OtpRequired where the second step is to come. Returns what was wrong."""
    try:
        staff = _by_password(staff_no, password)
    except Refusal as refusal:
        return refusal
    return welcome(staff, way="password")


def welcome(staff: Staff, *, way: str, proved_twice: bool = False) -> Refusal | None:
    """Let in whoever proved who they are; OtpRequired where the second step is to come."""
    with (uow := work()).session:
        needs_code = not proved_twice and second_factors.confirmed(uow, staff.id)
        if needs_code:
            token = signin.open_session(uow, staff, visitor(), kind=PENDING, lasts=signin.STEP_LASTS, way=way)
            uow.commit()
    if needs_code:
        session["step"] = token
        return OtpRequired()
    _sit_down(_opened(staff, kind=WEB, way=way))
    return None


def second_step(code: str) -> Refusal | None:
    """The code of the login page; returns what was wrong. OtpRequired: the first step is over, begin anew."""
    with (uow := work()).session:
        step: Session | None = signin.pending_step(uow, session.get("step", ""))
        staff = uow.session.get(Staff, step.staff_id) if step else None
    if step is None or staff is None or staff.state != IN_SERVICE:
        session.pop("step", None)
        return OtpRequired()
    try:
        _check_code(staff, code)
    except Refusal as refusal:
        return refusal
    token = session.pop("step")
    with (uow := work()).session:
        signin.end_session(uow, token)
        uow.commit()
    _sit_down(_opened(staff, kind=WEB, way=step.way))
    return None


def _sit_down(entered: Entered) -> None:
    """The browser's session from now on, under a new name; whoever knew the old one has nothing left of it."""
    former = session.get("sid")
    session.clear()
    session["sid"] = entered.token
    session.permanent = True
    devices.remember(str(entered.staff["no"]))
    if former:
        leave(former)


def leave(token: str) -> None:
    """End one session for good."""
    with (uow := work()).session:
        signin.end_session(uow, token)
        record(uow, "session.ended")
        uow.commit()
    sessions: Sessions = current_app.extensions["playdesk_sessions"]
    sessions.forget(token)


def sign_out() -> None:
    """Sign out of the pages."""
    token = session.get("sid")
    session.clear()
    if token:
        leave(token)
    g.signed_in = None
