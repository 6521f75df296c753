"""The routes of notes."""

from __future__ import annotations

from typing import Any

from chassis.callers import Caller
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from sample.api.schemas import NewNote, NoteShown
from sample.application.notes import write_note
from sample.domain.copies import StaffCopy
from sample.domain.note import Note


def note_view(note: Note, _who: Caller | None = None) -> dict[str, Any]:
    """One note."""
    return {name: getattr(note, name) for name in ("id", "version", "text", "author_id")}


routes = Routes("sample-notes", "Notes", show=note_view)


@routes.post(
    "/sample-notes", action="sample_note.write", body=NewNote, answer=NoteShown, status=201, place="/sample-notes/{id}"
)
def write(uow: UnitOfWork, body: dict[str, Any]) -> Note:
    """Write a note."""
    return write_note(uow, body["text"])


@routes.get("/sample-notes/<uuid:note_id>", action="sample_note.read", answer=NoteShown)
def read(uow: UnitOfWork, note_id: str) -> dict[str, Any]:
    """Read a note, with the name of who wrote it as far as it is known here."""
    note = uow.get(Note, note_id)
    author = uow.session.get(StaffCopy, note.author_id)
    return {**note_view(note), "author": author.name if author else None}
