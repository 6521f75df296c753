"""What a lead and an opportunity have in common: somebody has it, or it lies in a pool for whoever claims it (S13–S17)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import Id, Instant, Record
from sales.domain.pool_codes import CLAIMED, RECYCLED, RELEASED
from sales.domain.pool_errors import NotHeld, NotInPool

if TYPE_CHECKING:
    from chassis.facts.event import Event


def in_one_place() -> CheckConstraint:
    """Every row has an owner or lies in a pool, and never both."""
    return CheckConstraint("(owner_id IS NULL) <> (pool_id IS NULL)", name="owned_or_in_pool")


class Pooled(Record):
    """`held_since` is when its owner got it, `active_at` when it was last worked on; `back_at` warns of when it goes back."""

    owner_id: Mapped[str | None] = mapped_column(Id)
    pool_id: Mapped[str | None] = mapped_column(Id, ForeignKey("pools.id"))
    held_since: Mapped[datetime | None] = mapped_column(Instant)
    active_at: Mapped[datetime] = mapped_column(Instant)
    back_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(String(64))

    kind: ClassVar[str]
    stage: Any
    called: Any

    def must_be_open(self) -> None:
        """Raise the refusal of what is over."""
        raise NotImplementedError

    def told(self, how: str, *changed: str) -> list[Event]:
        """The fact of what was done to it, by its word of `pool_codes`."""
        raise NotImplementedError

    def begin(self, *, owner_id: str | None, pool_id: str | None, at: datetime) -> None:
        """It is made at `at` (UTC), for somebody, or for the pool where there is nobody."""
        self.owner_id, self.pool_id = owner_id, None if owner_id else pool_id
        self.held_since = at if owner_id else None
        self.created_at = self.updated_at = self.active_at = at

    def worked_on(self, at: datetime) -> None:
        """Somebody did something with it: it is not idle."""
        self.active_at, self.back_at = at, None
        self.changed(at)

    def claim(self, *, by: str, at: datetime) -> list[Event]:
        """Take it out of the pool. Raises what closed records raise, NotInPool."""
        self.must_be_open()
        if self.owner_id is not None:
            raise NotInPool()
        return self._placed(CLAIMED, by, None, at)

    def release(self, pool_id: str, *, at: datetime) -> list[Event]:
        """Give it back to this pool. Raises what closed records raise, NotHeld."""
        return self._back(RELEASED, pool_id, at)

    def recycle(self, pool_id: str, *, at: datetime) -> list[Event]:
        """It lay idle and goes back to this pool. Raises what closed records raise, NotHeld."""
        return self._back(RECYCLED, pool_id, at)

    def give(self, owner_id: str, how: str, *, at: datetime) -> list[Event]:
        """Give it to somebody, whoever had it; nothing is told where they have it already. Raises as closed records do."""
        self.must_be_open()
        return [] if owner_id == self.owner_id else self._placed(how, owner_id, None, at)

    def warn(self, back_at: datetime | None, *, at: datetime) -> list[Event]:
        """Say when it goes back to the pool unless it is worked on, or that it does not; that is not work on it."""
        self.back_at = back_at
        self.changed(at)
        return self.told("warned", "back_at")

    def _back(self, how: str, pool_id: str, at: datetime) -> list[Event]:
        self.must_be_open()
        if self.owner_id is None:
            raise NotHeld()
        return self._placed(how, None, pool_id, at)

    def _placed(self, how: str, owner_id: str | None, pool_id: str | None, at: datetime) -> list[Event]:
        self.owner_id, self.pool_id, self.held_since = owner_id, pool_id, at if owner_id else None
        self.worked_on(at)
        return self.told(how, "owner_id", "pool_id")
