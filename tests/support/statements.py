"""What one request asks of a database, apart from what its process looks up by the clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event

# Read again several times a second by whichever request comes then, so no request's own.
BY_THE_CLOCK = "FROM revocations"


@contextmanager
def statements_of(engine: Engine) -> Iterator[list[str]]:
    """The statements sent through an engine meanwhile, in order."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if BY_THE_CLOCK not in " ".join(statement.split()):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
