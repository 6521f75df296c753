"""What is written in the tickets of a player who has been erased goes with them; that there were tickets stays (S31)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import case, select, update

from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.erasing import ERASED, blank_facts, forget_answers
from chassis.jobs.store import withdraw_files
from ticket.application.articles import erase_drafts
from ticket.domain.survey import Survey
from ticket.domain.ticket import Ticket, TicketChange
from ticket.domain.transfer import Transfer


def erase_texts(uow: UnitOfWork, players: Sequence[str]) -> None:
    """Blank every text of these players' tickets: question, solution, reasons, what was changed, and in the log.

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
    uow.session.execute(changes.values(changes={}), execution_options=once)
    uow.session.execute(changes.where(TicketChange.reason.is_not(None)).values(reason=ERASED), execution_options=once)
    transfers = update(Transfer).where(Transfer.ticket_id.in_(ids))
    uow.session.execute(transfers.values(reason=ERASED), execution_options=once)
    comment = case((Survey.comment != "", ERASED), else_="")
    note = case((Survey.follow_up_note != "", ERASED), else_="")
    surveys = update(Survey).where(Survey.ticket_id.in_(ids))
    said = {"comment": comment, "follow_up_note": note, "updated_at": uow.now(), "version": Survey.version + 1}
    uow.session.execute(surveys.values(**said), execution_options=once)
    blank_facts(uow.session, ids, {"question": ERASED, "solution": "", "reason": ERASED})
    erase_drafts(uow, ids)
    forget_answers(uow.session, [*players, *ids])
    withdraw_files(uow.session)
