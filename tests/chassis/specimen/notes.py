"""Notes: one table, two facts, a handful of routes, and a copy of somebody else's records."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from marshmallow import Schema, fields
from sqlalchemy import ColumnElement, Index, MetaData, String
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, mapped_column

from chassis.callers import Caller
from chassis.clock import new_id
from chassis.data.database import NAMES, DeclarativeBase, Id, Record
from chassis.data.numbers import daily_number
from chassis.data.pagination import Page, Sort, paginate
from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.event import Event, fact
from chassis.facts.inbox import Listen, Subscription
from chassis.facts.projection import Projection
from chassis.http.fields import Body, Custom, MoneyField, Text, Whole, list_query
from chassis.http.routes import Routes
from chassis.ops.settings import Settings
from chassis.service import Service


class Base(DeclarativeBase):
    """Declarative base of the specimen."""

    metadata = MetaData(naming_convention=NAMES)


class Note(Record, Base):
    """A text somebody wrote."""

    __tablename__ = "notes"

    no: Mapped[str] = mapped_column(String(24))
    text: Mapped[str] = mapped_column(LongText)
    weight: Mapped[int] = mapped_column(default=0)
    author_id: Mapped[str] = mapped_column(Id)

    __table_args__ = (Index("ix_notes_created_at", "created_at", "id"), Index("ix_notes_weight", "weight", "id"))


class Copy(Base):
    """A copy of a note, kept from its facts."""

    __tablename__ = "copies"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    version: Mapped[int]
    text: Mapped[str] = mapped_column(LongText)


class Effect(Base):
    """One row for each time a fact took effect."""

    __tablename__ = "effects"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(Id)


@dataclass(frozen=True, kw_only=True)
class NoteFact(Event):
    """The state of a note after a change."""

    text: str
    weight: int
    author_id: str

    @classmethod
    def of(cls, note: Note, *changed: str) -> Self:
        state = {name: getattr(note, name) for name in ("text", "weight", "author_id")}
        return cls(subject=note.id, entity_version=note.version, occurred_at=note.updated_at, changed=changed, **state)


@fact("note.written.v1")
class NoteWritten(NoteFact):
    """A note was written."""


@fact("note.changed.v1")
class NoteChanged(NoteFact):
    """A note was changed."""


class NewNote(Body):
    """A note to be written."""

    text = Text(200, min_length=1, required=True)
    weight = Whole(0, 1000)
    price = MoneyField()
    custom = Custom()


class NoteEdit(Body):
    """What can be changed of a note."""

    text = Text(200, min_length=1)
    weight = Whole(0, 1000)


class NoteShown(Schema):
    """A note."""

    id = fields.String()


NOTE_SORTS = {"created_at": Sort(Note.created_at, "created_at"), "weight": Sort(Note.weight, "weight")}
NoteQuery = list_query(NOTE_SORTS, default="-created_at")


def note_view(note: Note, _who: Caller | None = None) -> dict[str, Any]:
    """One note."""
    names = ("id", "no", "text", "weight", "author_id", "version")
    return {name: getattr(note, name) for name in names}


def routes() -> Routes:
    """The routes of notes; made anew because a blueprint belongs to one application."""
    notes = Routes("notes", "Notes", show=note_view)

    @notes.post("/notes", action="note.write", body=NewNote, answer=NoteShown, status=201, place="/notes/{id}")
    def write(uow: UnitOfWork, body: dict[str, Any]) -> Note:
        return write_note(uow, body["text"], body.get("weight", 0))

    @notes.post("/paid-notes", action="note.write", body=NewNote, answer=NoteShown, status=201, moves_money=True)
    def write_paid(uow: UnitOfWork, body: dict[str, Any]) -> Note:
        return write_note(uow, body["text"], body.get("weight", 0))

    @notes.get("/notes", action="note.read", query=NoteQuery, answer=NoteShown)
    def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
        return paginate(uow.session, uow.select(Note), sorts=NOTE_SORTS, id_column=Note.id, query=query)

    @notes.get("/notes/<uuid:note_id>", action="note.read", answer=NoteShown)
    def read(uow: UnitOfWork, note_id: str) -> Note:
        return uow.get(Note, note_id)

    @notes.patch("/notes/<uuid:note_id>", action="note.write", body=NoteEdit, answer=NoteShown)
    def edit(uow: UnitOfWork, note_id: str, version: int, body: dict[str, Any]) -> Note:
        return change_note(uow, uow.for_update(Note, note_id, version), **body)

    @notes.delete("/notes/<uuid:note_id>", action="note.write")
    def remove(uow: UnitOfWork, note_id: str, version: int) -> None:
        uow.session.delete(uow.for_update(Note, note_id, version))

    return notes


def write_note(uow: UnitOfWork, text: str, weight: int = 0) -> Note:
    """Write a note and say so."""
    no = daily_number(uow.session, "N", uow.now(), "Asia/Shanghai")
    note = Note(id=new_id(), no=no, text=text, weight=weight, author_id=uow.caller.id, version=1)
    note.created_at = note.updated_at = uow.now()
    uow.add(note)
    uow.publish(NoteWritten.of(note))
    return note


def change_note(uow: UnitOfWork, note: Note, **values: Any) -> Note:
    """Change a note and say so."""
    for name, value in values.items():
        setattr(note, name, value)
    note.changed(uow.now())
    uow.publish(NoteChanged.of(note, *values))
    return note


def scope_of_notes(caller: Caller) -> ColumnElement[bool]:
    """One's own notes."""
    return Note.author_id == caller.id


@dataclass(frozen=True)
class NoteState:
    """What a reader of notes needs."""

    text: str


COPIES = Projection(Copy.__table__, lambda state: {"text": state["text"]})  # type: ignore[arg-type]


def specimen(*subscriptions: Subscription) -> Service:
    """The service, with what it listens to."""
    return Service(
        name="specimen",
        title="Notes",
        settings=Settings,
        metadata=Base.metadata,
        migrations=Path(__file__).parent / "migrations",
        blueprints=(routes(),),
        scopes={Note: scope_of_notes},
        emits=("note.",),
        subscriptions=subscriptions,
    )


def copying(name: str = "copies") -> Subscription:
    """A subscription that keeps copies of notes."""
    return Subscription(name, (Listen(("note.*.v1",), NoteState, COPIES.handle),))
