"""The locks that keep two syncs apart: one while the list is fetched, one while it is applied."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select

from catalog.domain.errors import SyncRunning
from chassis.data.unit_of_work import UnitOfWork

FETCHING, APPLYING = 7_301_401, 7_301_402


@contextmanager
def fetching(uow: UnitOfWork) -> Iterator[None]:
    """Hold the right to fetch, with no transaction open meanwhile. Raises SyncRunning.

    The lock lies on a connection of its own, outside any transaction, and dies with this process. Whatever the work had
    begun before is given up: a kept answer's lock need not be held, the answer's own row stands behind it.
    """
    uow.session.rollback()
    engine = uow.session.get_bind().engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if not connection.scalar(select(func.pg_try_advisory_lock(FETCHING))):
            raise SyncRunning()
        try:
            yield
        finally:
            connection.scalar(select(func.pg_advisory_unlock(FETCHING)))


def applying(uow: UnitOfWork) -> None:
    """Hold the right to change items by a list until the end of the transaction. Raises SyncRunning."""
    if not uow.session.scalar(select(func.pg_try_advisory_xact_lock(APPLYING))):
        raise SyncRunning()
