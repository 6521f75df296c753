"""Signing in and out: throttled, in equal time, in two steps where there is a second factor."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from chassis.data.unit_of_work import UnitOfWork
from gateway.audit import record
from gateway.identity import throttle
from gateway.identity.errors import WrongCredentials
from gateway.identity.passwords import set_password, verified
from gateway.identity.session import PENDING, Session
from gateway.identity.staff import IN_SERVICE, Staff
from gateway.identity.throttle import Visitor

STEP_LASTS = timedelta(minutes=5)  # how long the second step may take after the first
SEEN_EVERY = timedelta(minutes=1)  # how exactly it is known when a session was last used


def token_hash(token: str) -> str:
    """How a token of 256 random bits is kept: a password hash would add nothing but time."""
    return hashlib.sha256(token.encode()).hexdigest()


def staff_by_password(uow: UnitOfWork, staff_no: str, password: str) -> Staff:
    """The member of staff; whoever is not let in cost the same statements, there or not. Raises WrongCredentials."""
    query = select(Staff.id, Staff.password_hash, Staff.state).where(func.lower(Staff.no) == staff_no.lower())
    known = uow.session.execute(query).first()
    fits = verified(known.password_hash if known else None, password)
    if known is None or not fits or known.state != IN_SERVICE:
        raise WrongCredentials()
    return uow.session.get_one(Staff, known.id)


def staff_by_no(uow: UnitOfWork, staff_no: str) -> Staff | None:
    """Somebody by their number, upper or lower case."""
    return uow.session.scalar(select(Staff).where(func.lower(Staff.no) == staff_no.lower()))


def open_session(uow: UnitOfWork, staff: Staff, visitor: Visitor, *, kind: str, lasts: timedelta, way: str) -> str:
    """A new session; returns its token, which is shown this once."""
    token = secrets.token_urlsafe(32)
    uow.session.add(
        Session(
            token_hash=token_hash(token),
            staff_id=staff.id,
            kind=kind,
            way=way,
            created_at=uow.now(),
            last_used_at=uow.now(),
            expires_at=uow.now() + lasts,
            address=visitor.address[:64],
            user_agent=visitor.user_agent[:200],
        )
    )
    return token


def pending_step(uow: UnitOfWork, token: str) -> Session | None:
    """The first step that was done, if it is not over; locked, so that it leads to one session."""
    here = (Session.token_hash == token_hash(token), Session.kind == PENDING, Session.expires_at > uow.now())
    return uow.session.scalar(select(Session).where(*here).with_for_update())


def end_session(uow: UnitOfWork, token: str) -> None:
    """End one session."""
    uow.session.execute(delete(Session).where(Session.token_hash == token_hash(token)))


def renew_password(uow: UnitOfWork, staff: Staff, password: str, *, but: str | None = None) -> None:
    """A new password: every session ends, but the one of the token `but`. Raises WeakPassword."""
    set_password(staff, password)
    end_sessions_of(uow, staff.id, but=but)
    record(uow, "password.changed", subject_kind="staff", subject=staff.id)


def end_sessions_of(uow: UnitOfWork, staff_id: str, *, but: str | None = None, only: str | None = None) -> None:
    """End every session of somebody, but the one with this token, or only the one with this ID."""
    query = delete(Session).where(Session.staff_id == staff_id)
    query = query.where(Session.token_hash != token_hash(but)) if but else query
    query = query.where(Session.id == only) if only else query
    ended = uow.session.execute(query).rowcount  # type: ignore[attr-defined]
    record(uow, "session.ended_all", subject_kind="staff", subject=staff_id, details={"count": ended})


def sessions_of(uow: UnitOfWork, staff_id: str) -> list[Session]:
    """The sessions of somebody that are not over, the last used first."""
    query = select(Session).where(Session.staff_id == staff_id, Session.expires_at > uow.now(), Session.kind != PENDING)
    return list(uow.session.scalars(query.order_by(Session.last_used_at.desc(), Session.id)))


def note_use(uow: UnitOfWork, session: Session, now: datetime) -> None:
    """Write down that the session is in use, once a minute at most."""
    if session.last_used_at < now - SEEN_EVERY:
        unseen = (Session.token_hash == session.token_hash, Session.last_used_at < now - SEEN_EVERY)
        uow.session.execute(
            update(Session).where(*unseen).values(last_used_at=now), execution_options={"synchronize_session": False}
        )


def forget_expired(uow: UnitOfWork) -> None:
    """Remove sessions that are over and failures that are forgotten; run by a timer."""
    uow.session.execute(delete(Session).where(Session.expires_at < uow.now()))
    throttle.forget(uow)
