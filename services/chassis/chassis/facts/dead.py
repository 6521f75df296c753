"""Dead letters: facts that could not be handled lie in a table until somebody sends them again or discards them.

The worker takes them out of the dead-letter queues as they come. Sent again, a letter is handled here and now by the same
inbox as if it had just come; one that has been sent is not handled again, so its effect is there once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from time import monotonic
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Row, Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import new_id
from chassis.data.database import is_away
from chassis.data.pagination import Page, Sort, paginate
from chassis.data.tables import dead_letters
from chassis.data.unit_of_work import StaleRecord, UnitOfWork
from chassis.facts.bus import Delivery, Fate, Letter, NotNow
from chassis.facts.inbox import Inbox
from chassis.ops.logging import log
from chassis.ops.metrics import DEAD_LETTERS
from chassis.rules import NotFound, RuleBroken

PARKED, SENT, DISCARDED = STATES = ("parked", "sent", "discarded")
KEPT = timedelta(days=90)  # of one that is over
LONGEST = 8  # seconds that one call sends letters again
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
    """Write down what has been parked; a letter that comes again is the same one, with its newest reason.

    Raises NotNow while the database is away.
    """
    try:
        _write_down(runtime, letters)
    except Exception as error:
        if is_away(error):
            raise NotNow(type(error).__name__) from error
        raise


def _write_down(runtime: Any, letters: Sequence[Letter]) -> None:
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
    fits = 0 < len(letter.id) <= 64 and "\x00" not in letter.id
    named = letter.id if fits else hashlib.sha256(letter.body).hexdigest()
    row = {"id": new_id(), "queue": letter.queue, "message_id": named, "body": letter.body}
    key, reason = (words.replace("\x00", "") for words in (letter.key, letter.reason))
    return {**row, "key": key[:200], "reason": reason[:1000]}


def find_letters(work: UnitOfWork, query: dict[str, Any]) -> Page:
    """A page of letters, by `state` and `queue`."""
    found: Select[Any] = select(dead_letters)
    if query.get("state"):
        found = found.where(_T.state.in_(query["state"]))
    if query.get("queue"):
        found = found.where(_T.queue == query["queue"])
    return paginate(work.session, found, sorts=SORTS, id_column=_T.id, query=query, rows=lambda rows: list(rows))


def one_letter(work: UnitOfWork, letter_id: str, *, version: int | None = None) -> Row[Any]:
    """One letter, of that `version` where one is given; nothing is locked. Raises NotFound, StaleRecord."""
    found = work.session.execute(select(dead_letters).where(_T.id == letter_id)).first()
    if found is None:
        raise NotFound()
    if version is not None and found.version != version:
        raise StaleRecord(found)
    return found


def send_again(runtime: Any, work: UnitOfWork, letter: Row[Any]) -> Any:
    """Have a letter handled now; one that has been sent stays as it is. Raises StillFails, NobodyListens.

    What it tells may be that somebody is erased, with all letters that name them: then it is returned, and gone.
    """
    if letter.state == SENT:  # the inbox would know it for a week, the letter stays for longer
        return letter
    work.session.rollback()  # no transaction stands open meanwhile
    _handle(runtime, letter)
    return _end(work, letter, SENT) or _as_it_is(work, letter)


def _as_it_is(work: UnitOfWork, letter: Row[Any]) -> Any:
    """Of a letter that somebody else has ended meanwhile, or that is gone with what it told."""
    gone = {**letter._mapping, "state": SENT, "ended_by": work.caller.id, "ended_at": work.now()}
    return work.session.execute(select(dead_letters).where(_T.id == letter.id)).first() or SimpleNamespace(**gone)


def _handle(runtime: Any, letter: Row[Any]) -> None:
    """In a transaction of its own, which may need any row of ours: no lock is held meanwhile."""
    try:
        [verdict] = _box(runtime, letter.queue).handle([Delivery(letter.message_id, letter.key, letter.body)])
    except NotNow as error:
        raise StillFails(reason=str(error)) from error
    if verdict.fate is not Fate.DONE:
        raise StillFails(reason=verdict.reason)


def send_all_again(
    runtime: Any, work: UnitOfWork, query: dict[str, Any], *, before: datetime | None = None, most: int = 200
) -> dict[str, Any]:
    """Send what is parked again; returns how many were `sent`, `failed`, and are `left`, not tried yet.

    What was touched longest ago comes first, and only what was not touched since `before` (UTC; else since now): one that
    fails again gets its new reason, and holds up none of the others, however often one calls.
    """
    parked = select(dead_letters).where(_T.state == PARKED, _T.updated_at < (before or work.now()))
    if query.get("queue"):
        parked = parked.where(_T.queue == query["queue"])
    letters = work.session.execute(parked.order_by(_T.updated_at, _T.id).limit(most)).all()
    work.session.rollback()  # no transaction stands open meanwhile
    tried = list(_tried(runtime, letters))
    for letter, reason in tried:  # only when all are through: the next might wait for what is written of this one
        _end(work, letter, SENT) if reason is None else _change(work, letter, reason=reason)
    failed = sum(reason is not None for _, reason in tried)
    left = work.session.scalar(select(func.count()).select_from(parked.subquery())) or 0
    return {"sent": len(tried) - failed, "failed": failed, "left": left}


def _tried(runtime: Any, letters: Sequence[Row[Any]]) -> Iterator[tuple[Row[Any], str | None]]:
    """Each with why it failed again, or None; what takes long leaves the rest to the next call, as nobody waits for ever."""
    ends = monotonic() + LONGEST
    for letter in letters:
        yield letter, _refusal(runtime, letter)
        if monotonic() > ends:
            return


def _refusal(runtime: Any, letter: Row[Any]) -> str | None:
    """Why a letter fails again; None where it does not."""
    try:
        _handle(runtime, letter)
    except (StillFails, NobodyListens) as refusal:
        return refusal.detail("en") or refusal.title("en")
    return None


def discard(work: UnitOfWork, letter: Row[Any], reason: str) -> Row[Any]:
    """Give a letter up, with the reason; it can still be sent again. Raises NotFound, StaleRecord."""
    return _end(work, letter, DISCARDED, note=reason) or one_letter(work, letter.id, version=letter.version)


def _end(work: UnitOfWork, letter: Row[Any], state: str, **values: Any) -> Row[Any] | None:
    ended = {"state": state, "ended_by": work.caller.id, "ended_at": work.now(), "note": "", **values}
    log.info("dead letter " + state, letter=letter.id, queue=letter.queue, fact=letter.key, by=work.caller.id)
    return _change(work, letter, **ended)


def _change(work: UnitOfWork, letter: Row[Any], **values: Any) -> Row[Any] | None:
    """The letter changed, unless it is not as it was any more: then None."""
    counted = {"version": _T.version + 1, "updated_at": work.now(), **values}
    unchanged = (_T.id == letter.id, _T.version == letter.version)
    return work.session.execute(update(dead_letters).where(*unchanged).values(counted).returning(dead_letters)).first()


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
