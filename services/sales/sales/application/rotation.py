"""Phone numbers of leads that were sealed or indexed by an old key get the current ones, in batches, while all else goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.orm import Session

from chassis.data.phones import Phones
from sales.domain.lead import Lead

_LEADS: Any = Lead.__table__
# No version and no moment: for everybody but us the lead has not changed.
_RENEW = (
    update(_LEADS)
    .where(_LEADS.c.id == bindparam("row_id"))
    .values({name: bindparam(f"new_{name}") for name in ("phone_sealed", "phone_index")})
)


def rotate(open_session: Callable[[], Session], phones: Phones, *, batch: int) -> Iterator[tuple[int, int]]:
    """Yields (leads looked at, leads written anew) after each batch, which is a transaction; may be ended and begun again."""
    last, looked, written = "", 0, 0
    while True:
        with open_session() as session:
            rows = session.execute(_next(last, batch)).all()
            renewed = [found for row in rows if (found := _renewed(row, phones)) is not None]
            if renewed:
                session.connection().execute(_RENEW, renewed)
            session.commit()
        if not rows:
            return
        last, looked, written = rows[-1].id, looked + len(rows), written + len(renewed)
        yield looked, written


def _next(last: str, batch: int) -> Select[Any]:
    query = select(_LEADS.c.id, _LEADS.c.phone_sealed, _LEADS.c.phone_index).where(_LEADS.c.phone_sealed.is_not(None))
    query = query.where(_LEADS.c.id > last) if last else query
    return query.order_by(_LEADS.c.id).limit(batch).with_for_update()


def _renewed(row: Any, phones: Phones) -> dict[str, Any] | None:
    """The new columns of a lead; None where they are as they should be."""
    number = phones.open(row.phone_sealed, row.id)
    fresh, index = phones.is_current(row.phone_sealed), phones.index(number)
    if fresh and row.phone_index == index:
        return None
    return {
        "row_id": row.id,
        "new_phone_sealed": row.phone_sealed if fresh else phones.seal(number, row.id),
        "new_phone_index": index,
    }
