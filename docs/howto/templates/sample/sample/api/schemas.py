"""The form of notes as they come in and go out."""

from marshmallow import Schema, fields

from chassis.http.fields import Body, Text


class NewNote(Body):
    """A note to be written."""

    text = Text(2000, required=True)


class NoteShown(Schema):
    """A note."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    text = fields.String(required=True)
    author_id = fields.UUID(required=True)
    author = fields.String(allow_none=True)
