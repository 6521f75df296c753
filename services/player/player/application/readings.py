"""How many different players one person is shown in 24 hours: far more than a day's work is told, and then held back (S26).

A phone number that was asked for and that nobody has counts as a player: whoever tries numbers one after the other reads, too.

Each web process notes what it has shown and writes it down in batches, so that reading stays a matter of reading; a
person is held back some players too late at most, a batch for each process.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from chassis.callers import Caller
from chassis.data.unit_of_work import UnitOfWork
from chassis.ops.logging import log
from chassis.ops.metrics import PLAYERS_READ_IN_BULK
from chassis.service import Runtime
from player.domain.errors import TooManyRead
from player.domain.events import BulkReadingNoticed
from player.domain.reading import PlayerReading

_DAY = timedelta(hours=24)
BATCH = 50
KNOWN_FOR = 3600.0  # seconds after which a player who is shown again is written down again


class Readings:
    """What one web process has shown to whom. `alarm` and `limit` are numbers of different players in any 24 hours."""

    def __init__(self, runtime: Runtime, alarm: int, limit: int) -> None:
        self.runtime, self.alarm, self.limit = runtime, alarm, limit
        self._lock = threading.Lock()
        self._known: dict[str, dict[str, float]] = {}
        self._fresh: dict[str, set[str]] = {}
        self._held: dict[str, float] = {}

    def must_not_be_held(self, who: Caller) -> None:
        """Raise TooManyRead while somebody has been shown too many; `seconds` until there is room again."""
        until = self._held.get(who.id)
        if until is None:
            return
        if until <= monotonic():
            self._held.pop(who.id, None)
            return
        raise TooManyRead(max(1, int(until - monotonic())), self.limit)

    def note(self, who: Caller, player_ids: Iterable[str]) -> None:
        """Somebody is about to be shown these. People only: a system's reading is limited and seen by its own means."""
        if who.kind != "staff":
            return
        batch = self._take(who.id, player_ids)
        if batch:
            self._write_down(who, batch)

    def _take(self, staff_id: str, player_ids: Iterable[str]) -> set[str]:
        """The players to write down now; empty until there are enough of them."""
        now = monotonic()
        with self._lock:
            known = self._known.setdefault(staff_id, {})
            fresh = self._fresh.setdefault(staff_id, set())
            for player_id in player_ids:
                if known.get(player_id, 0.0) < now:
                    known[player_id] = now + KNOWN_FOR
                    fresh.add(player_id)
            if len(fresh) < BATCH:
                return set()
            del self._fresh[staff_id]
            if len(known) > 4 * self.limit:
                self._known[staff_id] = {key: until for key, until in known.items() if until > now}
            return fresh

    def _write_down(self, who: Caller, batch: set[str]) -> None:
        with (work := self.runtime.work(who)).session:
            before = _count(work, who.id)
            _keep(work, who.id, batch)
            after = _count(work, who.id)
            if before <= self.alarm < after:
                _sound_the_alarm(work, who.id, after)
            until = _room_again(work, who.id, self.limit) if after > self.limit else None
            work.commit()
        # Who may export players gets all of them by that door, which is audited: holding them back here protects nothing.
        if until is not None and not who.may("player.export"):
            self._held[who.id] = monotonic() + max(1.0, (until - work.now()).total_seconds())
            log.warning("reading players is held back", staff=who.id, players=after, limit=self.limit)


def nobody_with(phone_index: bytes) -> str:
    """What a number that nobody has is noted as, by its blind index."""
    return str(UUID(bytes=phone_index[:16]))


def forget_readings(uow: UnitOfWork) -> None:
    """Remove what is older than anybody asks about; run by a timer."""
    uow.session.execute(delete(PlayerReading).where(PlayerReading.at < uow.now() - _DAY))


def _keep(uow: UnitOfWork, staff_id: str, batch: set[str]) -> None:
    rows = [{"by": staff_id, "player_id": player_id, "at": uow.now()} for player_id in sorted(batch)]
    statement = insert(PlayerReading).values(rows)
    again = statement.on_conflict_do_update(index_elements=["by", "player_id"], set_={"at": statement.excluded.at})
    uow.session.execute(again)


def _lately(uow: UnitOfWork, staff_id: str) -> tuple[object, ...]:
    return (PlayerReading.by == staff_id, PlayerReading.at > uow.now() - _DAY)


def _count(uow: UnitOfWork, staff_id: str) -> int:
    query = select(func.count()).select_from(PlayerReading).where(*_lately(uow, staff_id))  # type: ignore[arg-type]
    return int(uow.session.scalar(query) or 0)


def _room_again(uow: UnitOfWork, staff_id: str, limit: int) -> datetime:
    """When the newest `limit` are all there is within 24 hours."""
    query = select(PlayerReading.at).where(*_lately(uow, staff_id))  # type: ignore[arg-type]
    one_too_many = uow.session.scalar(query.order_by(PlayerReading.at.desc()).offset(limit).limit(1))
    assert one_too_many is not None
    return one_too_many + _DAY


def _sound_the_alarm(uow: UnitOfWork, staff_id: str, players: int) -> None:
    uow.publish(BulkReadingNoticed(subject=staff_id, entity_version=0, occurred_at=uow.now(), players=players))
    PLAYERS_READ_IN_BULK.inc()
    log.warning("one person reads very many players", staff=staff_id, players=players)
