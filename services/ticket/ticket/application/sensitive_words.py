"""The list of sensitive words: added to, changed, and read by whoever masks a message (T31)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, text

from chassis.clock import new_id
from chassis.data.search import folded
from chassis.data.unit_of_work import UnitOfWork
from ticket.domain.masks import Rule
from ticket.domain.sensitive_word import SensitiveWord
from ticket.domain.session_errors import WordTaken

_LOCK = 7_301_231  # the list is changed by one at a time, so that a word is on it once


def rules_of(uow: UnitOfWork) -> tuple[Rule, ...]:
    """The words as they are now: a word counts from the next message on."""
    columns = (SensitiveWord.id, SensitiveWord.kind, SensitiveWord.folded)
    return tuple(Rule(*row) for row in uow.session.execute(select(*columns).order_by(SensitiveWord.id)))


def add_word(uow: UnitOfWork, fields: Mapping[str, Any]) -> SensitiveWord:
    """Put a word on the list. Raises WordTaken."""
    _must_be_new(uow, fields["word"])
    word = SensitiveWord(id=new_id())
    uow.publish(word.make(fields, uow.now()))
    return uow.add(word)


def edit_word(uow: UnitOfWork, word_id: str, fields: Mapping[str, Any], *, version: int) -> SensitiveWord:
    """Change a word or its kind. Raises NotFound, StaleRecord, WordTaken."""
    word = uow.for_update(SensitiveWord, word_id, version)
    if "word" in fields:
        _must_be_new(uow, fields["word"], but=word.id)
    uow.publish(word.edit(fields, uow.now()))
    return word


def remove_word(uow: UnitOfWork, word_id: str, *, version: int) -> None:
    """Take a word off the list; what it has masked stays so. Raises NotFound, StaleRecord."""
    word = uow.for_update(SensitiveWord, word_id, version)
    uow.publish(word.leave(uow.now()))
    uow.session.flush()
    uow.session.delete(word)


def _must_be_new(uow: UnitOfWork, word: str, *, but: str | None = None) -> None:
    uow.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    found = uow.session.scalar(select(SensitiveWord.id).where(SensitiveWord.folded == folded(word)))
    if found not in (None, but):
        raise WordTaken()
