"""Parts of an answer that may not lie about in plain where it is kept: sealed in the kept text, opened as it leaves.

The answer to a POST is kept under its Idempotency-Key for 24 hours, in a table.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import orjson
from flask import Response

_SIGN = "\x01"  # a control character: no text that comes in can hold it
_IN_JSON = re.compile(rb"\\u0001([A-Za-z0-9_=.-]+)\\u0001")


def marked(sealed: str) -> str:
    """A sealed text (of letters, digits, `_=.-`) as it stands in an answer that is kept."""
    return f"{_SIGN}{sealed}{_SIGN}"


def open_answer(response: Response, shown: Callable[[str], str]) -> Response:
    """Put in, for each sealed text, what `shown` makes of it."""
    if not response.is_streamed and b"\\u0001" in response.data:
        response.set_data(_IN_JSON.sub(lambda found: _in_json(shown(found[1].decode())), response.data))
    return response


def _in_json(text: str) -> bytes:
    return orjson.dumps(text)[1:-1]
