"""What is done with a session: opened, spoken in, given its player, ended (T8–T15)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from chassis.clock import new_id
from chassis.data.numbers import daily_number
from chassis.data.sealing import Vault
from chassis.data.unit_of_work import UnitOfWork
from chassis.rules import NotFound
from ticket.application.sensitive_words import rules_of
from ticket.application.tickets import department_of, still_here
from ticket.domain.codes import AGENT, BOT
from ticket.domain.copies import PlayerCopy
from ticket.domain.masks import masked
from ticket.domain.message import Message
from ticket.domain.session import ServiceSession
from ticket.domain.session_errors import ExternalIdTaken, OnlyChannels
from ticket.persistence.sessions import said_in

_ONLY_CHANNELS = ("at", "staff_id", "agent_id", "external_id")


def open_session(uow: UnitOfWork, fields: Mapping[str, Any], *, timezone: str) -> ServiceSession:
    """Open a session with a player the caller reaches, or with somebody not known yet; a person's is their own.

    What a channel opens is whose it says, else the player's agent's. Raises NotFound, StaffHasLeft, OnlyChannels.
    """
    _only_channels(uow, fields, "at", "agent_id")
    player = _living_player(uow, fields.get("player_id"))
    agent = uow.caller.staff_id or fields.get("agent_id") or _own_agent(uow, player)
    session = ServiceSession(
        id=new_id(),
        version=1,
        no=daily_number(uow.session, "S", uow.now(), timezone),
        channel=fields["channel"],
        player_id=fields.get("player_id"),
        contact=_masked(uow, fields.get("contact", "")),
        order_id=fields.get("order_id"),
        agent_id=agent,
        department_id=uow.caller.department_id if agent == uow.caller.id else department_of(uow, agent),
        created_by=uow.caller.id,
    )
    facts = session.open(uow.now(), since=_moment(uow, fields))
    session.player = player
    uow.add(session)
    uow.publish(facts)
    return session


def edit_session(uow: UnitOfWork, session_id: str, fields: Mapping[str, Any], *, version: int) -> ServiceSession:
    """Say who it is with, whose it is, or what order it is about.

    Raises NotFound, StaleRecord, StaffHasLeft, SessionsPlayerStays.
    """
    values = dict(fields)
    player = _living_player(uow, values.get("player_id"))
    if values.get("agent_id"):
        values["department_id"] = department_of(uow, values["agent_id"])
    if "contact" in values:
        values["contact"] = _masked(uow, values["contact"])
    session = uow.for_update(ServiceSession, session_id, version)
    uow.publish(session.edit(values, at=uow.now()))
    session.player = player or session.player
    return session


def write_message(uow: UnitOfWork, session_id: str, fields: Mapping[str, Any], *, vault: Vault) -> Message:
    """Take what was said; the same message of a channel twice is one.

    Raises NotFound, SessionOver, OnlyChannels, ExternalIdTaken, StaffHasLeft.
    """
    _only_channels(uow, fields, *_ONLY_CHANNELS)
    session = uow.locked(ServiceSession, session_id)
    known = _known(uow, session, fields.get("external_id"))
    if known is not None:
        return known
    session.must_be_open()
    message = _message(uow, session, fields)
    message.write(fields["text"], masked(fields["text"], rules_of(uow)), vault)
    uow.add(message)
    answers = message.author == AGENT and session.answered_at is None
    facts = session.take(message, said_in(uow, session.id) if answers else (), at=uow.now())
    uow.publish([*message.told(session), *facts])
    return message


def end_session(uow: UnitOfWork, session_id: str, fields: Mapping[str, Any], *, version: int) -> ServiceSession:
    """End a session and work its figures out. Raises NotFound, StaleRecord, SessionOver, OnlyChannels."""
    _only_channels(uow, fields, "at")
    session = uow.for_update(ServiceSession, session_id, version)
    said = said_in(uow, session.id)
    uow.publish(session.end(said, by=uow.caller.id, since=_moment(uow, fields), at=uow.now()))
    return session


def unmask_message(uow: UnitOfWork, message_id: str, reason: str, *, vault: Vault) -> tuple[Message, str]:
    """(the message, its text as it was written), for a reason that is told. Raises NotFound, NothingMasked."""
    message = uow.get(Message, message_id)
    whole, fact = message.unmask(uow.get(ServiceSession, message.session_id), reason, vault)
    uow.publish(fact)
    return message, whole


def _message(uow: UnitOfWork, session: ServiceSession, fields: Mapping[str, Any]) -> Message:
    """By whom it is: of a person's own messages they themselves, of a channel's who it says, else whose session it is."""
    author, staff_id = fields["author"], None
    if author == AGENT:
        named = fields.get("staff_id")
        department_of(uow, named)
        staff_id = uow.caller.staff_id or named or session.agent_id
    return Message(
        id=new_id(),
        session_id=session.id,
        channel=session.channel,
        author=author,
        staff_id=staff_id,
        external_id=fields.get("external_id"),
        created_by=uow.caller.id,
        at=_moment(uow, fields),
        received_at=uow.now(),
    )


def _only_channels(uow: UnitOfWork, fields: Mapping[str, Any], *names: str) -> None:
    """A person does not say when something was said, nor what others said: the figures would be theirs to make."""
    others = any(fields.get(name) is not None for name in names) or fields.get("author") == BOT
    if uow.caller.staff_id is not None and others:
        raise OnlyChannels()


def _moment(uow: UnitOfWork, fields: Mapping[str, Any]) -> datetime:
    """When it was, as a channel says; its clock may run ahead of ours, and nothing is said in the future."""
    return min(fields.get("at") or uow.now(), uow.now())


def _known(uow: UnitOfWork, session: ServiceSession, external_id: str | None) -> Message | None:
    """The message that came under this ID before. Two sessions that are sent it at once take turns. Raises ExternalIdTaken."""
    if external_id is None:
        return None
    name = f"message\0{session.channel}\0{external_id}".encode()
    lock = int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), signed=True)
    uow.session.execute(select(func.pg_advisory_xact_lock(lock)))
    same = (Message.channel == session.channel, Message.external_id == external_id)
    found = uow.session.scalar(select(Message).where(*same))
    if found is not None and found.session_id != session.id:
        raise ExternalIdTaken()
    return found


def _living_player(uow: UnitOfWork, player_id: str | None) -> PlayerCopy | None:
    if player_id is None:
        return None
    player = uow.get(PlayerCopy, player_id)
    if player.deleted:
        raise NotFound()
    return player


def _own_agent(uow: UnitOfWork, player: PlayerCopy | None) -> str | None:
    """The player's agent, as far as they are known and here."""
    agent = player.agent_id if player is not None else None
    return agent if agent is not None and still_here(uow, agent) else None


def _masked(uow: UnitOfWork, text: str) -> str:
    return masked(text, rules_of(uow)).text if text else ""
