"""Dead letters: facts that could not be handled lie in a table until somebody sends them again or discards them.

The worker takes them out of the dead-letter queues as they come. Sent again, a letter is handled here and now by the same
inbox as if it had just come: its effect is there once, however often that is done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import new_id
from chassis.data.pagination import Page, Sort, paginate
from chassis.data.tables import dead_letters
from chassis.data.unit_of_work import StaleRecord, UnitOfWork
from chassis.facts.bus import Delivery, Fate, Letter
from chassis.facts.inbox import Inbox
from chassis.ops.logging import log
from chassis.ops.metrics import DEAD_LETTERS
from chassis.rules import NotFound, RuleBroken

PARKED, SENT, DISCARDED = STATES = ("parked", "sent", "discarded")
KEPT = timedelta(days=90)  # of one that is over
SORTS = {"created_at": Sort(dead_letters.c.id, "id")}  # a uuid7 is in the order of time, and the same in every service
_T = dead_letters.c


class StillFails(RuleBroken):
    """Sent again, the letter could not be handled either; it stays where it is, with the new reason."""

    code = "still_fails"
    zh = "还是无法处理：{reason}"
    en = "It still cannot be handled: {reason}"


class NobodyListens(RuleBroken):
    """The service has no queue of this name any more, so nobody could handle the letter."""

    code = "nobody_listens"
    zh = "这个队列已经没有消费者"
    en = "Nobody listens to this queue any more"


def keep_letters(runtime: Any, letters: Sequence[Letter]) -> None:
    """Write down what has been parked; a letter that comes again is the same one, with its newest reason."""
    rows = {(row["queue"], row["message_id"]): row for row in (_row(letter) for letter in letters)}
    work = runtime.work()
    with work.session:
        fresh = {
            "state": PARKED,
            "times": 1,
            "note": "",
            "version": 1,
            "created_at": work.now(),
            "updated_at": work.now(),
        }
        statement = insert(dead_letters).values([{**row, **fresh} for row in rows.values()])
        again = {"state": PARKED, "times": _T.times + 1, "version": _T.version + 1, "ended_by": None, "ended_at": None}
        new = {name: statement.excluded[name] for name in ("key", "body", "reason", "updated_at")}
        work.session.execute(
            statement.on_conflict_do_update(index_elements=["queue", "message_id"], set_={**again, **new})
        )
        work.commit()
    log.warning("dead letters kept", letters=len(rows), queues=sorted({queue for queue, _ in rows}))


def _row(letter: Letter) -> dict[str, Any]:
    """A letter without an ID is known by its bytes."""
    named = letter.id if 0 < len(letter.id) <= 64 else hashlib.sha256(letter.body).hexdigest()
    row = {"id": new_id(), "queue": letter.queue, "message_id": named, "key": letter.key[:200], "body": letter.body}
    return {**row, "reason": letter.reason.replace("\x00", "")[:1000]}


def find_letters(work: UnitOfWork, query: dict[str, Any]) -> Page:
    """A page of letters, by `state` and `queue`."""
    found: Select[Any] = select(dead_letters)
    if query.get("state"):
        found = found.where(_T.state.in_(query["state"]))
    if query.get("queue"):
        found = found.where(_T.queue == query["queue"])
    return paginate(work.session, found, sorts=SORTS, id_column=_T.id, query=query, rows=lambda rows: list(rows))


def one_letter(work: UnitOfWork, letter_id: str, *, version: int | None = None) -> Row[Any]:
    """One letter, locked where a `version` is given. Raises NotFound, StaleRecord."""
    query = select(dead_letters).where(_T.id == letter_id)
    found = work.session.execute(query.with_for_update() if version is not None else query).first()
    if found is None:
        raise NotFound()
    if version is not None and found.version != version:
        raise StaleRecord(found)
    return found


def send_again(runtime: Any, work: UnitOfWork, letter: Row[Any]) -> Row[Any]:
    """Have a letter handled now; harmless where it was sent before. Raises StillFails, NobodyListens."""
    box = _box(runtime, letter.queue)
    [verdict] = box.handle([Delivery(letter.message_id, letter.key, letter.body)])
    if verdict.fate is not Fate.DONE:
        raise StillFails(reason=verdict.reason)
    return _end(work, letter, SENT)


def send_all_again(runtime: Any, work: UnitOfWork, query: dict[str, Any], most: int = 200) -> dict[str, Any]:
    """Send what is parked again, the oldest first; returns how many were `sent`, `failed`, and are `left` behind them.

    One that fails again gets its new reason and holds up none of the others.
    """
    parked = select(dead_letters).where(_T.state == PARKED)
    if query.get("queue"):
        parked = parked.where(_T.queue == query["queue"])
    letters = work.session.execute(parked.order_by(_T.id).limit(most).with_for_update(skip_locked=True)).all()
    sent = 0
    for letter in letters:
        try:
            send_again(runtime, work, letter)
            sent += 1
        except (StillFails, NobodyListens) as refusal:
            _change(work, letter, reason=refusal.detail("en") or refusal.title("en"))
    total = work.session.scalar(select(func.count()).select_from(parked.subquery())) or 0
    failed = len(letters) - sent
    return {"sent": sent, "failed": failed, "left": max(total - failed, 0)}


def discard(work: UnitOfWork, letter: Row[Any], reason: str) -> Row[Any]:
    """Give a letter up, with the reason; it can still be sent again."""
    return _end(work, letter, DISCARDED, note=reason)


def _end(work: UnitOfWork, letter: Row[Any], state: str, **values: Any) -> Row[Any]:
    ended = {"state": state, "ended_by": work.caller.id, "ended_at": work.now(), "note": "", **values}
    log.info("dead letter " + state, letter=letter.id, queue=letter.queue, fact=letter.key, by=work.caller.id)
    return _change(work, letter, **ended)


def _change(work: UnitOfWork, letter: Row[Any], **values: Any) -> Row[Any]:
    counted = {"version": _T.version + 1, "updated_at": work.now(), **values}
    statement = update(dead_letters).where(_T.id == letter.id).values(counted).returning(dead_letters)
    return work.session.execute(statement).one()


def _box(runtime: Any, queue: str) -> Inbox:
    service = runtime.service
    for subscription in service.subscriptions:
        box = Inbox(service.name, subscription, runtime.work, service.heard)
        if box.queue.name == queue:
            return box
    raise NobodyListens()


def count_parked(session: Session) -> int:
    """How many wait for somebody; also set as the process's figure."""
    parked = session.scalar(select(func.count()).select_from(dead_letters).where(_T.state == PARKED)) or 0
    DEAD_LETTERS.set(parked)
    return parked


def forget_old(session: Session, now: datetime) -> None:
    """Remove letters that have been over for 90 days; one that is parked stays. Run by a timer."""
    session.execute(delete(dead_letters).where(_T.ended_at < now - KEPT))
