"""The routes of sessions and of what is said in them."""

from __future__ import annotations

from typing import Any

from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from ticket.api import session_schemas as schemas
from ticket.api.session_views import message_view, open_answer, session_view, unmasked_view
from ticket.application import sessions
from ticket.domain.message import Message
from ticket.domain.session import ServiceSession
from ticket.persistence.sessions import find_messages, find_sessions
from ticket.settings import settings, timezone

routes = Routes("sessions", "Service sessions", show=session_view)
routes.after_request(open_answer)

ONE = "/sessions/<uuid:service_session_id>"


@routes.post(
    "/sessions",
    action="session.write",
    body=schemas.NewSession,
    answer=schemas.SessionShown,
    status=201,
    place="/sessions/{id}",
    references={"player_id": "player", "agent_id": "staff"},
    problems={409: "only_channels, staff_left"},
)
def open_one(uow: UnitOfWork, body: dict[str, Any]) -> ServiceSession:
    """Open a session with a player, or with somebody not known yet."""
    return sessions.open_session(uow, body, timezone=timezone())


@routes.get("/sessions", action="session.read", query=schemas.SessionQuery, answer=schemas.SessionPage)
def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find sessions."""
    return find_sessions(uow, query)


@routes.get(ONE, action="session.read", answer=schemas.SessionShown)
def read(uow: UnitOfWork, service_session_id: str) -> ServiceSession:
    """Read one session."""
    return uow.get(ServiceSession, service_session_id)


@routes.patch(
    ONE,
    action="session.write",
    body=schemas.SessionEdit,
    answer=schemas.SessionShown,
    references={"player_id": "player", "agent_id": "staff"},
    problems={409: "session_has_player, staff_left"},
)
def edit(uow: UnitOfWork, service_session_id: str, version: int, body: dict[str, Any]) -> ServiceSession:
    """Say who a session is with, whose it is, or what order it is about."""
    return sessions.edit_session(uow, service_session_id, body, version=version)


@routes.post(
    f"{ONE}/end",
    action="session.write",
    body=schemas.Ending,
    answer=schemas.SessionShown,
    versioned=True,
    problems={409: "session_ended, only_channels"},
)
def end(uow: UnitOfWork, service_session_id: str, version: int, body: dict[str, Any]) -> ServiceSession:
    """End a session; its figures are worked out."""
    return sessions.end_session(uow, service_session_id, body, version=version)


@routes.post(
    f"{ONE}/messages",
    action="session.write",
    body=schemas.NewMessage,
    answer=schemas.MessageShown,
    status=201,
    references={"staff_id": "staff"},
    show=message_view,
    problems={409: "session_ended, only_channels, external_id_taken, staff_left"},
)
def write(uow: UnitOfWork, service_session_id: str, body: dict[str, Any]) -> Message:
    """Write what was said; the same message of a channel twice is one."""
    return sessions.write_message(uow, service_session_id, body, vault=settings().messages)


@routes.get(
    f"{ONE}/messages",
    action="session.read",
    query=schemas.MessageQuery,
    answer=schemas.MessagePage,
    show=message_view,
)
def messages(uow: UnitOfWork, service_session_id: str, query: dict[str, Any]) -> Page:
    """Read what was said in a session."""
    return find_messages(uow, service_session_id, query)


@routes.post(
    "/messages/<uuid:message_id>/unmask",
    action="message.unmask",
    body=schemas.Unmasking,
    answer=schemas.MessageUnmaskedShown,
    problems={409: "nothing_masked"},
)
def unmask(uow: UnitOfWork, message_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Read a message as it was written, for a reason that is kept."""
    return unmasked_view(*sessions.unmask_message(uow, message_id, body["reason"], vault=settings().messages))
