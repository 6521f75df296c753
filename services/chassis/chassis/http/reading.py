"""Bodies and queries are read strictly: doubled keys, NaN, bad UTF-8 and bottomless nesting are refused early."""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError

from chassis.rules import Malformed, PreconditionRequired, WrongFields

NO_VERSION = -1  # an ETag that none of our records ever had: always stale
MOST_ERRORS = 100  # an answer does not grow with what was sent
_ETAG = re.compile(r'"(\d{1,9})"')


class NotJson(Malformed):
    """The body is not JSON as RFC 8259 has it, with each name once."""

    code = "not_json"
    zh = "请求体不是有效的 JSON"
    en = "The body is not valid JSON"


class NotJsonType(Malformed):
    """A body must be sent as application/json (415)."""

    status = 415
    code = "unsupported_media_type"
    zh = "需要 application/json"
    en = "application/json is needed"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJson()
    return found


def _refuse_constant(_name: str) -> Any:
    raise NotJson()


def parse_json(body: bytes) -> Any:
    """The value of a JSON text. Raises NotJson."""
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise NotJson() from error


def read_body(schema: Schema) -> Any:
    """The request's body by its schema. Raises NotJson, NotJsonType, WrongFields (422)."""
    raw = request.get_data(cache=True)
    if not raw:
        return load(schema, {}, "")
    if request.mimetype != "application/json":
        raise NotJsonType()
    return load(schema, parse_json(raw), "")


def read_query(schema: Schema) -> Any:
    """The request's query by its schema, each parameter once. Raises WrongFields (400)."""
    values: dict[str, Any] = {}
    for name, given in request.args.lists():
        if len(given) > 1:
            raise WrongFields([(name, "duplicate")], status=400)
        values[name] = given[0]
    return load(schema, values, "?")


def load(schema: Schema, value: Any, place: str) -> Any:
    """The value by its schema; errors get JSON pointers (body) or parameter names (query)."""
    try:
        return schema.load(value)
    except ValidationError as error:
        in_query = place == "?"
        found = list(islice(_flat(error.messages, "" if not in_query else None), MOST_ERRORS))
        if in_query:
            found = [(name, "unknown_parameter" if code == "unknown_field" else code) for name, code in found]
        raise WrongFields(found, status=400 if in_query else 422) from error


def _flat(messages: Any, pointer: str | None) -> Any:
    if isinstance(messages, dict):
        for name, inner in messages.items():
            here = name if pointer is None else pointer if name == "_schema" else f"{pointer}/{_escaped(name)}"
            yield from _flat(inner, here)
    elif isinstance(messages, list):
        for inner in messages:
            yield from _flat(inner, pointer)
    else:
        yield (pointer or "", str(messages))


def _escaped(name: Any) -> str:
    """A name as part of a JSON pointer; a lone surrogate in it, which JSON allows, cannot be sent back."""
    shown = str(name)[:100].encode("utf-8", "replace").decode()
    return shown.replace("~", "~0").replace("/", "~1")


def required_version() -> int:
    """The version in If-Match. Raises PreconditionRequired (428), Malformed where it is none of our ETags."""
    given = request.headers.get("If-Match")
    if not given:
        raise PreconditionRequired()
    found = _ETAG.fullmatch(given.strip())
    if found is not None:
        return int(found.group(1))
    if given.strip().startswith('"'):
        return NO_VERSION
    raise Malformed()


def etag(version: int) -> str:
    """The strong ETag of a version."""
    return f'"{version}"'
