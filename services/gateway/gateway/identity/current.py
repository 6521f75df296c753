"""Who is signed in: found by cookie or bearer token, remembered for a second, and what they may do."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from flask import current_app, g, has_request_context, request, session
from sqlalchemy import select
from werkzeug.local import LocalProxy

from chassis.callers import Caller, Scope
from chassis.clock import utc_now
from chassis.data.unit_of_work import UnitOfWork
from chassis.jobs.job import still_reaches
from chassis.rules import Unauthorized
from chassis.service import Runtime
from gateway.identity import clients, second_factors
from gateway.identity.api_client import comes_from
from gateway.identity.departments import departments_below
from gateway.identity.role import ALL, BELOW, DEPARTMENT, NAMED, Role
from gateway.identity.scopes import actions_of
from gateway.identity.session import PENDING, Session
from gateway.identity.signin import note_use, token_hash
from gateway.identity.staff import IN_SERVICE, Staff
from gateway.policies import OWN

REMEMBERED_SECONDS = 1.0  # how long a session that was ended, or a role that was changed, may still be believed


@dataclass(frozen=True)
class SignedIn:
    """Somebody signed in, with their preferences and their reach."""

    id: str
    no: str
    name: str
    role: str
    line: int
    department_id: str | None
    locale: str
    theme: str
    letter_keys: bool
    version: int
    caller: Caller
    token: str = ""
    session_id: str = ""
    role_zh: str = ""
    role_en: str = ""
    must_enrol: bool = False  # the role wants a second factor, and there is none yet
    addresses: tuple[str, ...] = ()  # of a client: from where it may call; from anywhere where none is named
    rate_per_minute: int | None = None  # of a client: its own limit

    def can(self, action: str) -> bool:
        """Whether the person may do this."""
        return self.caller.may(action)

    def must(self, action: str) -> None:
        """Raise Forbidden unless the person may."""
        self.caller.must(action)


class Sessions:
    """Looks sessions up, one query each, and believes what it found for a second."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._known: dict[str, tuple[float, SignedIn | None]] = {}
        self._lock = threading.Lock()

    def find(self, token: str) -> SignedIn | None:
        """Who has this token; None where it is unknown, over, or its owner has left."""
        now = monotonic()
        known = self._known.get(token)
        if known and known[0] > now:
            return known[1]
        found = self._load(token)
        with self._lock:
            if len(self._known) > 5000:
                self._known = {t: k for t, k in self._known.items() if k[0] > now}
            self._known[token] = (now + REMEMBERED_SECONDS, found)
        return found

    def forget(self, token: str) -> None:
        """Look it up again next time."""
        self._known.pop(token, None)

    def forget_person(self, staff_id: str) -> None:
        """Look all of somebody's sessions up again."""
        with self._lock:
            self._known = {t: k for t, k in self._known.items() if k[1] is None or k[1].id != staff_id}

    def _load(self, token: str) -> SignedIn | None:
        work = self.runtime.reading(Caller("gateway", kind="service", scope=Scope("all")))
        with work.session:
            return _client(work, token) if token.startswith(clients.TOKEN_PREFIX) else self._person(work, token)

    def _person(self, work: UnitOfWork, token: str) -> SignedIn | None:
        now = utc_now()
        query = (
            select(Session, Staff, Role).join(Staff, Session.staff_id == Staff.id).join(Role, Role.code == Staff.role)
        )
        query = query.where(Session.token_hash == token_hash(token), Session.expires_at > now, Session.kind != PENDING)
        found = work.session.execute(query.where(Staff.state == IN_SERVICE)).tuples().first()
        if found is None:
            return None
        session, staff, role = found
        note_use(work, session, now)
        must_enrol = role.requires_second_factor and not second_factors.confirmed(work, staff.id)
        person = signed_in(work.session, staff, role, token)
        return replace(person, session_id=session.id, must_enrol=must_enrol)


def signed_in(database_session: Any, staff: Staff, role: Role, token: str = "") -> SignedIn:
    """The person with the permissions and scope of their role, and with what is everybody's own."""
    scope = _scope(database_session, staff, role)
    caller = Caller(
        id=staff.id,
        name=staff.name,
        department_id=staff.department_id,
        permissions=role.actions | {OWN},
        scope=scope,
        fields=role.rules,
        version=staff.version,
    )
    names = ("id", "no", "name", "role", "line", "department_id", "locale", "theme", "letter_keys", "version")
    own = {name: getattr(staff, name) for name in names}
    return SignedIn(**own, role_zh=role.zh, role_en=role.en, caller=caller, token=token)


def still_here(work: UnitOfWork, owner: Caller) -> bool:
    """Whether somebody in whose name a job is done is in service, and may do and see all that they might when asking."""
    query = select(Staff, Role).join(Role, Role.code == Staff.role)
    found = work.session.execute(query.where(Staff.id == owner.id, Staff.state == IN_SERVICE)).tuples().first()
    return found is not None and still_reaches(owner, signed_in(work.session, *found).caller)


def _scope(database_session: Any, staff: Staff, role: Role) -> Scope:
    """The rows the role reaches from where the person is; without a department only one's own, where that matters."""
    if role.scope == ALL:
        return Scope("all")
    if role.scope == NAMED:
        return Scope("departments", tuple(sorted(role.departments)))
    if role.scope == BELOW and staff.department_id:
        return Scope("departments", tuple(sorted(departments_below(database_session, staff.department_id))))
    if role.scope == DEPARTMENT and staff.department_id:
        return Scope("departments", (staff.department_id,))
    return Scope("self")


def _client(work: UnitOfWork, token: str) -> SignedIn | None:
    """The API client whose token this is, with what it may do of what the token was got for."""
    found = clients.client_by_token(work, token, work.now())
    if found is None:
        return None
    client, issued = found
    clients.note_use(work, client, request.remote_addr or "", work.now())
    below = tuple(sorted(departments_below(work.session, client.department_id))) if client.department_id else ()
    caller = Caller(
        id=client.id,
        kind="client",
        name=client.name,
        department_id=client.department_id,
        permissions=actions_of(set(client.scopes) & set(issued.scopes)),
        scope=Scope("departments", below) if client.department_id else Scope("all"),
        version=client.version,
    )
    nobody = {"no": "", "role": "", "line": 1, "locale": "", "theme": "system", "letter_keys": False}
    who = {"id": client.id, "name": client.name, "department_id": client.department_id, "version": client.version}
    limits = {"addresses": tuple(client.addresses), "rate_per_minute": client.rate_per_minute}
    return SignedIn(**nobody, **who, **limits, caller=caller, token=token)  # type: ignore[arg-type]


def bearer_token() -> str | None:
    """The token of an Authorization header."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def authenticate() -> None:
    """Find out who calls; a bearer token goes before a cookie, and a wrong one is not made good by a cookie."""
    token = bearer_token() if "Authorization" in request.headers else session.get("sid")
    sessions: Sessions = current_app.extensions["playdesk_sessions"]
    found = sessions.find(token) if token else None
    if found is not None and not comes_from(request.remote_addr or "", list(found.addresses)):
        found = None
    g.signed_in = found
    if g.signed_in is not None:
        g.caller = g.signed_in.caller


def _current() -> SignedIn:
    found: SignedIn | None = g.get("signed_in")
    if found is None:
        raise Unauthorized()
    return found


current: SignedIn = LocalProxy(_current)  # type: ignore[assignment]


def anybody() -> SignedIn | None:
    """The person signed in, or None."""
    return g.get("signed_in") if has_request_context() else None
