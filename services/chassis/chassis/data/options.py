"""Own options: what the company has added to a list of built-in codes, or calls them, as far as this service was told (G9).

The gateway owns the options and tells of them by `option.changed.v1`; a service that has such a list keeps copies. A code that
was retired is offered no more and still accepted: what has it can be changed and put back. One that was removed is not.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic
from typing import Any

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import Database, Id

LOOKED_UP_EVERY = 1.0  # seconds; a code that is not known is looked up at once, so that it counts as soon as it is told
Words = Mapping[str, tuple[str, str]]


class OptionCopyColumns:
    """Columns of a service's `option_copies`; `zh` and `en` are its words, of built-in codes too."""

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    version: Mapped[int]
    list: Mapped[str] = mapped_column(String(32))
    code: Mapped[str] = mapped_column(String(32))
    zh: Mapped[str] = mapped_column(String(32))
    en: Mapped[str] = mapped_column(String(32))
    removed: Mapped[bool] = mapped_column(default=False)


@dataclass(frozen=True)
class OptionState:
    """What a service reads of an option's fact."""

    list: str
    code: str
    zh: str
    en: str
    removed: bool


def option_columns(state: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of an option's copy out of a fact."""
    return {name: state[name] for name in ("list", "code", "zh", "en", "removed")}


class Options:
    """The options as one process knows them; `table` holds the copies, None where the service has no such list."""

    def __init__(self, database: Database, table: Any = None) -> None:
        self.database, self.table = database, table
        self._known: Mapping[str, Words] = {}
        self._until = 0.0
        self._lock = threading.Lock()

    def has(self, name: str, code: str) -> bool:
        """Whether the list of this name was told to have this code."""
        if monotonic() < self._until and code in self._known.get(name, ()):
            return True
        self._look_up()
        return code in self._known.get(name, ())

    def words(self, name: str) -> Words:
        """{code: (Chinese, English)} of what was told of the list of this name."""
        if monotonic() >= self._until:
            self._look_up()
        return self._known.get(name, {})

    def _look_up(self) -> None:
        if self.table is None:
            return
        columns = self.table.c
        query = select(columns.list, columns.code, columns.zh, columns.en).where(~columns.removed)
        with self._lock, self.database.reading.connect() as connection:
            known: dict[str, dict[str, tuple[str, str]]] = {}
            for row in connection.execute(query):
                known.setdefault(row.list, {})[row.code] = (row.zh, row.en)
            self._known, self._until = known, monotonic() + LOOKED_UP_EVERY


_OF_THE_JOB: ContextVar[Options | None] = ContextVar("options_of_the_job", default=None)


@contextmanager
def asked_of(options: Options) -> Iterator[None]:
    """While a job is being done, forms ask these options."""
    token = _OF_THE_JOB.set(options)
    try:
        yield
    finally:
        _OF_THE_JOB.reset(token)


def of_the_job() -> Options | None:
    """The options of the job that is being done; None outside one."""
    return _OF_THE_JOB.get()
