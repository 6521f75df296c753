"""What is written in the tickets and sessions of a player who has been erased goes with them; that there were any stays (S31)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import case, func, select, text, update

from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.erasing import ERASED, blank_facts, forget_answers
from chassis.jobs.store import withdraw_files
from ticket.application.articles import erase_drafts
from ticket.domain.message import Message
from ticket.domain.review import Review
from ticket.domain.session import ServiceSession
from ticket.domain.survey import Survey
from ticket.domain.ticket import Ticket, TicketChange
from ticket.domain.transfer import Transfer

_STATUS = TicketChange.changes["status"]
# By its changes of status the deadlines of a ticket are worked out; they say nothing of anybody.
_STATUS_ALONE = case((_STATUS.is_not(None), func.jsonb_build_object("status", _STATUS)), else_=text("'{}'::jsonb"))


def erase_texts(uow: UnitOfWork, players: Sequence[str]) -> None:
    """Blank every text of these players' tickets: question, solution, reasons, what was changed but the status, and in the log.

    The versions go up, so that nobody who has the old text before them can save it again.
    """
    ids = list(uow.session.scalars(select(Ticket.id).where(Ticket.player_id.in_(players)).with_for_update()))
    solution = case((Ticket.solution != "", ERASED), else_="")
    blank: dict[str, Any] = {"question": ERASED, "solution": solution, "words": [], "updated_at": uow.now()}
    once = {"synchronize_session": False}
    uow.session.execute(
        update(Ticket).where(Ticket.id.in_(ids)).values(**blank, version=Ticket.version + 1), execution_options=once
    )
    changes = update(TicketChange).where(TicketChange.ticket_id.in_(ids))
    uow.session.execute(changes.values(changes=_STATUS_ALONE), execution_options=once)
    uow.session.execute(changes.where(TicketChange.reason.is_not(None)).values(reason=ERASED), execution_options=once)
    transfers = update(Transfer).where(Transfer.ticket_id.in_(ids))
    uow.session.execute(transfers.values(reason=ERASED), execution_options=once)
    _erase_sessions(uow, players)
    _erase_opinions(uow, ids)
    blank_facts(uow.session, ids, {"question": ERASED, "solution": "", "reason": ERASED})
    erase_drafts(uow, ids)
    forget_answers(uow.session, [*players, *ids])
    withdraw_files(uow.session)


def _erase_sessions(uow: UnitOfWork, players: Sequence[str]) -> None:
    """Blank what was said in these players' sessions, by whomever, what was masked of it, and how they could be reached."""
    ids = list(
        uow.session.scalars(
            select(ServiceSession.id).where(ServiceSession.player_id.in_(players)).with_for_update(of=ServiceSession)
        )
    )
    of_these = Message.session_id.in_(ids)
    said = list(uow.session.scalars(select(Message.id).where(of_these)))
    once = {"synchronize_session": False}
    blank: dict[str, Any] = {"text": ERASED, "original": None, "hits": []}
    uow.session.execute(update(Message).where(of_these).values(**blank), execution_options=once)
    sessions = update(ServiceSession).where(ServiceSession.id.in_(ids))
    values = {"contact": "", "masked_messages": 0, "updated_at": uow.now(), "version": ServiceSession.version + 1}
    uow.session.execute(sessions.values(values), execution_options=once)
    blank_facts(uow.session, ids, {"contact": ""})
    blank_facts(uow.session, said, {"text": ERASED, "reason": ERASED})
    forget_answers(uow.session, ids)  # those of messages name their session


def _erase_opinions(uow: UnitOfWork, ticket_ids: Sequence[str]) -> None:
    """What the player wrote in surveys, and what others wrote in reviews; scores stay."""
    for kind, texts in ((Survey, ("comment", "follow_up_note")), (Review, ("comment", "appeal", "decision"))):
        columns = {name: getattr(kind, name) for name in texts}
        blank: dict[str, Any] = {name: case((column != "", ERASED), else_="") for name, column in columns.items()}
        statement = update(kind).where(kind.ticket_id.in_(ticket_ids))
        counted = {"updated_at": uow.now(), "version": kind.version + 1}
        uow.session.execute(statement.values(**blank, **counted), execution_options={"synchronize_session": False})
    for review in uow.session.scalars(select(Review).where(Review.ticket_id.in_(ticket_ids))):
        review.answers = [{**one, "note": ERASED if one["note"] else ""} for one in review.answers]
