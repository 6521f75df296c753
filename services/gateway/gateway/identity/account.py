"""What the pages do about the person signed in: preferences, password, and the names of colleagues."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import current_app, g
from sqlalchemy import select

from chassis.callers import service_itself
from chassis.rules import Refusal
from gateway.identity import passwords, signin, throttle
from gateway.identity.current import Sessions, current
from gateway.identity.entering import runtime, visitor, work
from gateway.identity.errors import WrongPassword
from gateway.identity.staff import Staff

__all__ = ["change_password", "confirm_password", "directory", "runtime", "save_preferences", "slowed"]


def save_preferences(**fields: Any) -> None:
    """Keep the person's `locale`, `theme` and `letter_keys`, as far as given."""
    with (uow := work()).session:
        staff = uow.locked(Staff, current.id)
        for name, value in fields.items():
            if name in ("locale", "theme", "letter_keys") and value is not None:
                setattr(staff, name, value)
        uow.commit()
    _look_again()


def change_password(present: str, new: str) -> Refusal | None:
    """Change one's own password and end all other sessions; returns what was wrong."""
    try:
        confirm_password(present)
        with (uow := work()).session:
            staff = uow.locked(Staff, current.id)
            signin.renew_password(uow, staff, new, but=current.token)
            uow.commit()
    except Refusal as refusal:
        return refusal
    _look_again()
    return None


def confirm_password(password: str) -> None:
    """Check the password of whoever is signed in. Raises WrongPassword, TooManyAttempts."""
    with slowed("own"), (uow := work()).session:
        staff = uow.session.get(Staff, current.id)
        if staff is None or not passwords.verified(staff.password_hash, password):
            raise WrongPassword()


@contextmanager
def slowed(what: str, *, whole: int = throttle.NEVER) -> Iterator[None]:
    """Count a guess of whoever is signed in, as at the door; a right one raises nothing. Raises TooManyAttempts."""
    account, here = f"{what} {current.no}", visitor(current.no)
    with (uow := work()).session:
        throttle.take_attempt(uow, account, here, whole=whole)
        uow.commit()
    yield
    with (uow := work()).session:
        throttle.give_back(uow, account, here)
        uow.commit()


def _look_again() -> None:
    sessions: Sessions = current_app.extensions["playdesk_sessions"]
    sessions.forget(current.token)


def directory() -> dict[str, dict[str, Any]]:
    """{staff_id: {no, name, role, line, department_id, state}} of everybody, read once a request."""
    if "directory" not in g:
        with (uow := runtime().reading(service_itself("gateway"))).session:
            rows = uow.session.execute(
                select(Staff.id, Staff.no, Staff.name, Staff.role, Staff.line, Staff.department_id, Staff.state)
            )
            names = ("no", "name", "role", "line", "department_id", "state")
            g.directory = {row.id: {name: getattr(row, name) for name in names} for row in rows}
    found: dict[str, dict[str, Any]] = g.directory
    return found
