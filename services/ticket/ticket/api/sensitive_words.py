"""The routes of the list of sensitive words."""

from __future__ import annotations

from typing import Any

from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from ticket.api import session_schemas as schemas
from ticket.api.session_views import word_view
from ticket.application import sensitive_words
from ticket.domain.sensitive_word import SensitiveWord
from ticket.persistence.sessions import find_words

routes = Routes("sensitive-words", "Sensitive words", show=word_view)


@routes.post(
    "/sensitive-words",
    action="sensitive_word.write",
    body=schemas.NewWord,
    answer=schemas.WordShown,
    status=201,
    place="/sensitive-words/{id}",
    problems={409: "word_taken"},
)
def add(uow: UnitOfWork, body: dict[str, Any]) -> SensitiveWord:
    """Put a word on the list: from the next message on it is masked."""
    return sensitive_words.add_word(uow, body)


@routes.get("/sensitive-words", action="sensitive_word.read", query=schemas.WordQuery, answer=schemas.WordPage)
def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Read the list."""
    return find_words(uow, query)


@routes.get("/sensitive-words/<uuid:word_id>", action="sensitive_word.read", answer=schemas.WordShown)
def read(uow: UnitOfWork, word_id: str) -> SensitiveWord:
    """Read one word."""
    return uow.get(SensitiveWord, word_id)


@routes.patch(
    "/sensitive-words/<uuid:word_id>",
    action="sensitive_word.write",
    body=schemas.WordEdit,
    answer=schemas.WordShown,
    problems={409: "word_taken"},
)
def edit(uow: UnitOfWork, word_id: str, version: int, body: dict[str, Any]) -> SensitiveWord:
    """Change a word or its kind."""
    return sensitive_words.edit_word(uow, word_id, body, version=version)


@routes.delete("/sensitive-words/<uuid:word_id>", action="sensitive_word.write")
def remove(uow: UnitOfWork, word_id: str, version: int) -> None:
    """Take a word off the list; what it has masked stays masked."""
    sensitive_words.remove_word(uow, word_id, version=version)
