"""Guessing is slowed by account and by address, and nobody is locked out for good (decision 0012).

An attempt is counted before it is judged, so that many at once are no way around, and given back when it was right.
What is counted where, and after how many free ones a wait begins:

- one account from one address: 5; then each further failure doubles the wait, up to five minutes;
- one account from a browser it signed in with before: the same, but by itself, whatever others do to the account;
- one address over all accounts: 50, then likewise; browsers that are known are not held up by it;
- one account over all addresses: 20; from then on every address that is new to it stands in line once for 30 s,
  however often others try meanwhile. For codes of the second factor the account itself waits then, likewise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis.data.unit_of_work import UnitOfWork
from chassis.ops.logging import log
from gateway.identity.errors import TooManyAttempts
from gateway.identity.session import SignInFailure

FREE, FREE_BY_ADDRESS, FREE_BY_ACCOUNT = 5, 50, 20
FORGOTTEN_AFTER = timedelta(minutes=15)
LONGEST_WAIT = 300
IN_LINE = timedelta(seconds=30)
NEVER = 10**9


@dataclass(frozen=True)
class Visitor:
    """Where a sign-in comes from; `device` is the browser's own mark where it has signed in with this account before."""

    address: str
    user_agent: str = ""
    device: str = ""


@dataclass(frozen=True)
class _Counted:
    key: str
    free: int


def take_attempt(uow: UnitOfWork, account: str, visitor: Visitor, *, whole: int = NEVER) -> None:
    """Count one attempt, to be committed before it is judged. Raises TooManyAttempts, and then counts nothing.

    After `whole` failures from anywhere the account itself waits: for codes, which are short, and of which only
    those can try many who know the password.
    """
    counted = _counted(account, visitor, whole)
    rows = _locked(uow, [one.key for one in counted])
    waits = [row.blocked_until for row in rows.values() if row.blocked_until > uow.now()]
    if waits:
        raise _too_many(max(waits), uow.now())
    if not visitor.device and whole == NEVER:
        _stand_in_line(uow, account, visitor, rows)
    for one in counted:
        _count(uow, one, rows.get(one.key))


def give_back(uow: UnitOfWork, account: str, visitor: Visitor) -> None:
    """The attempt was right: the failures before it are forgotten, and it is not one itself."""
    own, *wider = _counted(account, visitor)
    _lock(uow, [own.key, *(one.key for one in wider)])
    uow.session.execute(delete(SignInFailure).where(SignInFailure.key == own.key))
    less = {"count": SignInFailure.count - 1}
    keys = [one.key for one in wider]
    uow.session.execute(
        update(SignInFailure).where(SignInFailure.key.in_(keys), SignInFailure.count > 0).values(less),
        execution_options={"synchronize_session": False},
    )


def take_back(uow: UnitOfWork, account: str, visitor: Visitor) -> None:
    """The attempt was not judged at all: it alone is not counted, what was before it stays."""
    keys = [one.key for one in _counted(account, visitor)]
    _lock(uow, keys)
    less = {"count": SignInFailure.count - 1, "blocked_until": uow.now()}
    uow.session.execute(
        update(SignInFailure).where(SignInFailure.key.in_(keys), SignInFailure.count > 0).values(less),
        execution_options={"synchronize_session": False},
    )


def forget(uow: UnitOfWork) -> None:
    """Remove what is long over; run by a timer."""
    uow.session.execute(delete(SignInFailure).where(SignInFailure.last_at < uow.now() - timedelta(days=1)))


def _counted(account: str, visitor: Visitor, whole: int = NEVER) -> list[_Counted]:
    """What an attempt counts against; its own account and place first."""
    account, address = account.casefold()[:40], visitor.address[:45]
    if visitor.device:
        return [_Counted(f"device:{account}:{visitor.device[:32]}", FREE)]
    pair = _Counted(f"pair:{account}:{address}", FREE)
    return [pair, _Counted(f"address:{address}", FREE_BY_ADDRESS), _Counted(f"account:{account}", whole)]


def _lock(uow: UnitOfWork, keys: list[str]) -> None:
    """Lock what there is of these rows, in the order in which all do: two who change several would wait for each other."""
    uow.session.execute(
        select(SignInFailure.key).where(SignInFailure.key.in_(keys)).order_by(SignInFailure.key).with_for_update()
    )


def _locked(uow: UnitOfWork, keys: list[str]) -> dict[str, SignInFailure]:
    """The rows of lately, locked in one order; there is one for every key afterwards.

    They are locked in the moment they are made or met: between two statements somebody who got it right could remove one.
    """
    blank = [
        {"key": key, "count": 0, "last_at": uow.now(), "blocked_until": uow.now() - timedelta(seconds=1)}
        for key in sorted(keys)
    ]
    statement = insert(SignInFailure).values(blank)
    kept = statement.on_conflict_do_update(index_elements=["key"], set_={"key": statement.excluded.key})
    uow.session.execute(kept)
    query = select(SignInFailure).where(SignInFailure.key.in_(keys))
    return {row.key: row for row in uow.session.scalars(query.execution_options(populate_existing=True))}


def _stand_in_line(uow: UnitOfWork, account: str, visitor: Visitor, rows: dict[str, SignInFailure]) -> None:
    """While an account is tried from many addresses, an address that is new to it waits once, however often others try."""
    pair, _address, whole = (rows[one.key] for one in _counted(account, visitor))
    if _lately(whole, uow.now()) < FREE_BY_ACCOUNT or _lately(pair, uow.now()):
        return
    pair.count, pair.last_at, pair.blocked_until = 1, uow.now(), uow.now() + IN_LINE
    uow.session.commit()
    log.warning("an account is tried from many addresses", attempts=whole.count)
    raise _too_many(pair.blocked_until, uow.now())


def _count(uow: UnitOfWork, one: _Counted, row: SignInFailure | None) -> None:
    assert row is not None
    row.count = _lately(row, uow.now()) + 1
    wait = min(2 ** (row.count - one.free), LONGEST_WAIT) if row.count > one.free else 0
    row.last_at, row.blocked_until = uow.now(), uow.now() + timedelta(seconds=wait)


def _lately(row: SignInFailure, now: datetime) -> int:
    return row.count if row.last_at > now - FORGOTTEN_AFTER else 0


def _too_many(until: datetime, now: datetime) -> TooManyAttempts:
    seconds = max(1, round((until - now).total_seconds()))
    return TooManyAttempts(seconds=seconds, members={"retry_after": seconds})
