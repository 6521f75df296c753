"""Phone numbers sealed or indexed by an old key get the current ones, in batches, while everything else goes on (P2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, Table, bindparam, func, select, tuple_, update
from sqlalchemy.orm import Session

from chassis.data.phones import Phones
from chassis.data.sealing import KeyVault
from chassis.data.tables import idempotency_keys, job_errors, job_files
from chassis.ops import faultpoints
from player.domain.player import Player

IN_AN_ANSWER = "answer"  # whom a number in a kept answer is sealed for; see player.api.sealed
_SEALED = re.compile(r"\\u0001([A-Za-z0-9_=.-]+)\\u0001")
_PLAYERS: Any = Player.__table__
_OWNERS: dict[Table, Callable[[Any], str]] = {
    job_files: lambda row: f"{row.job_id}/{row.name}/{row.part}",
    job_errors: lambda row: f"{row.job_id}/row/{row.row}",
}


@dataclass
class Progress:
    """How far it is: `looked` of `total` players, and what was written anew of each kind."""

    total: int = 0
    looked: int = 0
    written: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, count: int) -> None:
        """So many more of a kind."""
        self.written[kind] = self.written.get(kind, 0) + count


def rotate(open_session: Callable[[], Session], phones: Phones, vault: KeyVault, *, batch: int) -> Iterator[Progress]:
    """Write anew whatever is not as the current keys would have it; yields after each batch, each a transaction.

    It may be ended anywhere and begun again: what is done already is only looked at. Rows that somebody else is writing
    are waited for.
    """
    with open_session() as session:
        progress = Progress(total=session.scalar(select(func.count()).where(Player.phone_sealed.is_not(None))) or 0)
    yield from _players(open_session, phones, batch, progress)
    for table in (job_files, job_errors):
        yield from _files(open_session, vault, table, batch, progress)
    with open_session() as session:
        progress.add("kept answers", _answers(session, phones))
        session.commit()
    yield progress


def _players(open_session: Callable[[], Session], phones: Phones, batch: int, progress: Progress) -> Iterator[Progress]:
    last = ""
    while True:
        with open_session() as session:
            rows = session.execute(_next_players(last, batch)).all()
            changed = [found for row in rows if (found := _renewed(row, phones)) is not None]
            if changed:
                session.connection().execute(_RENEW, changed)
            session.commit()
        if not rows:
            return
        last = rows[-1].id
        progress.looked += len(rows)
        progress.add("players", len(changed))
        yield progress
        faultpoints.reach("phones.after_batch")


def _next_players(last: str, batch: int) -> Select[Any]:
    columns = (_PLAYERS.c.id, _PLAYERS.c.phone_sealed, _PLAYERS.c.phone_index, _PLAYERS.c.phone_tail_index)
    query = select(*columns).where(_PLAYERS.c.phone_sealed.is_not(None))
    query = query.where(_PLAYERS.c.id > last) if last else query
    return query.order_by(_PLAYERS.c.id).limit(batch).with_for_update()


# No version and no moment: for everybody but us the player has not changed.
_RENEW = (
    update(_PLAYERS)
    .where(_PLAYERS.c.id == bindparam("row_id"))
    .values({name: bindparam(f"new_{name}") for name in ("phone_sealed", "phone_index", "phone_tail_index")})
)


def _renewed(row: Any, phones: Phones) -> dict[str, Any] | None:
    """The new columns of a player; None where they are as they should be.

    A merged player whose number the survivor holds has no index, and gets none.
    """
    number = phones.open(row.phone_sealed, row.id)
    held = row.phone_index is not None
    index, tail = (phones.index(number), phones.tail_index(number)) if held else (None, None)
    fresh = phones.is_current(row.phone_sealed)
    if fresh and (row.phone_index, row.phone_tail_index) == (index, tail):
        return None
    sealed = row.phone_sealed if fresh else phones.seal(number, row.id)
    return {"row_id": row.id, "new_phone_sealed": sealed, "new_phone_index": index, "new_phone_tail_index": tail}


def _files(
    open_session: Callable[[], Session], vault: KeyVault, table: Table, batch: int, progress: Progress
) -> Iterator[Progress]:
    """Files of jobs and rows that were refused, which may hold numbers; they are kept for days."""
    keys = tuple(table.primary_key.columns)
    last: tuple[Any, ...] | None = None
    while True:
        with open_session() as session:
            query = select(table).order_by(*keys).limit(max(1, batch // 50)).with_for_update()
            rows = session.execute(query.where(tuple_(*keys) > last) if last else query).all()
            old = [row for row in rows if not vault.is_current(row.data)]
            for row in old:
                here = [key == getattr(row, key.name) for key in keys]
                owner = _OWNERS[table](row)
                session.execute(update(table).where(*here).values(data=vault.seal(vault.open(row.data, owner), owner)))
            session.commit()
        if not rows:
            return
        last = tuple(getattr(rows[-1], key.name) for key in keys)
        progress.add("files", len(old))
        yield progress


def _answers(session: Session, phones: Phones) -> int:
    """Answers kept under an Idempotency-Key hold numbers sealed as well, for 24 hours."""
    held = idempotency_keys.c.body.contains("\\u0001", autoescape=True)
    rows = session.execute(select(idempotency_keys).where(held).with_for_update()).all()
    count = 0
    for row in rows:
        body = _SEALED.sub(lambda found: _resealed(found, phones), row.body)
        if body != row.body:
            here = (idempotency_keys.c.caller == row.caller, idempotency_keys.c.key == row.key)
            session.execute(update(idempotency_keys).where(*here).values(body=body))
            count += 1
    return count


def _resealed(found: re.Match[str], phones: Phones) -> str:
    text = found[1]
    if phones.is_current(text):
        return found[0]
    return f"\\u0001{phones.seal(phones.open(text, IN_AN_ANSWER), IN_AN_ANSWER)}\\u0001"


def left_of_old_keys(session: Session, phones: Phones) -> int:
    """Players whose number is still sealed by another key than the current one."""
    old = ~Player.phone_sealed.startswith(f"{phones.current}.", autoescape=True)
    return session.scalar(select(func.count()).where(Player.phone_sealed.is_not(None), old)) or 0
