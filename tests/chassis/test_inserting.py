"""A record put in by one plain INSERT is the same to the session as one that was flushed, and nothing on it is forgotten."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import ForeignKey, MetaData, String, func, inspect, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.exc import StaleDataError

from chassis.clock import utc_now
from chassis.data.database import NAMES, Database, DeclarativeBase, Record
from chassis.data.inserting import insert_at_once


class Base(DeclarativeBase):
    """Declarative base of these records."""

    metadata = MetaData(naming_convention=NAMES)


class Shelf(Record, Base):
    """A record with a column of every kind, and things that hang on it."""

    __tablename__ = "shelves"

    name: Mapped[str] = mapped_column(String(20), default="unnamed")
    words: Mapped[list[str]] = mapped_column(ARRAY(String(20)), default=list)
    custom: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    note: Mapped[str | None]

    books: Mapped[list[Book]] = relationship(back_populates="shelf")


class Book(Record, Base):
    """Something that hangs on a shelf."""

    __tablename__ = "books"

    shelf_id: Mapped[str] = mapped_column(ForeignKey("shelves.id"))
    shelf: Mapped[Shelf] = relationship(back_populates="books")


class Stamped(Base):
    """A record of which the database makes a value."""

    __tablename__ = "stamped"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())


@pytest.fixture(scope="module")
def database(new_database):
    """An empty database with these tables."""
    made = Database(new_database("inserting"))
    Base.metadata.create_all(made.engine)
    yield made
    made.close()


def shelf(**values: Any) -> Shelf:
    """A new shelf."""
    now = utc_now()
    return Shelf(created_at=now, updated_at=now, **values)


def test_it_is_there_with_its_defaults_and_known_to_the_session(database):
    with database.session() as session:
        made = shelf(words=["礼包", "充值"], custom={"a": [1, None, "x"]})
        assert insert_at_once(session, made)
        assert inspect(made).persistent
        assert (made.version, made.name, made.note) == (1, "unnamed", None)
        assert session.get(Shelf, made.id) is made
        session.commit()
    with database.read_session() as session:
        found = session.get_one(Shelf, made.id)
        assert (found.words, found.custom, found.created_at) == (
            ["礼包", "充值"],
            {"a": [1, None, "x"]},
            made.created_at,
        )


def test_later_changes_are_updates_guarded_by_the_version(database):
    with database.session() as session:
        made = shelf()
        insert_at_once(session, made)
        made.name = "second"
        made.changed(utc_now())
        session.commit()
        with database.session() as other:
            theirs = other.get_one(Shelf, made.id)
            assert (theirs.name, theirs.version) == ("second", 2)
            theirs.changed(utc_now())
            other.commit()
        made.changed(utc_now())
        with pytest.raises(StaleDataError):
            session.commit()


def test_what_hangs_on_it_is_not_forgotten(database):
    with database.session() as session:
        made = shelf()
        made.books = [Book(created_at=utc_now(), updated_at=utc_now())]
        assert not insert_at_once(session, made), "this takes a flush"
        session.add(made)
        session.commit()
        assert session.scalar(select(func.count()).select_from(Book).where(Book.shelf_id == made.id)) == 1


def test_what_waits_in_the_session_goes_first(database):
    with database.session() as session:
        waiting = shelf(name="first")
        session.add(waiting)
        book = Book(shelf_id=None, created_at=utc_now(), updated_at=utc_now())
        session.flush()
        book.shelf_id = waiting.id
        assert insert_at_once(session, book)
        session.commit()


def test_values_that_the_database_makes_take_a_flush(database):
    with database.session() as session:
        assert not insert_at_once(session, Stamped())


def test_a_record_that_is_there_already_is_left_alone(database):
    with database.session() as session:
        made = shelf()
        insert_at_once(session, made)
        assert not insert_at_once(session, made)


def test_rolled_back_it_is_gone(database):
    with database.session() as session:
        made = shelf()
        insert_at_once(session, made)
        key = made.id
        session.rollback()
    with database.read_session() as session:
        assert session.get(Shelf, key) is None
