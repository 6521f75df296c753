"""Which notes a caller reaches; compiled into the SQL of every read and write."""

from sqlalchemy import ColumnElement

from chassis.callers import Caller
from chassis.data.copies import within_scope
from sample.domain.copies import StaffCopy
from sample.domain.note import Note


def notes_of(caller: Caller) -> ColumnElement[bool]:
    """One's own; a department's likewise."""
    return within_scope(caller, StaffCopy)(Note.author_id)


SCOPES = {Note: notes_of}
