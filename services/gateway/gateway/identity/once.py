"""What is shown once: sealed in an answer that is kept under its Idempotency-Key, opened only as the answer leaves."""

from __future__ import annotations

import re

from flask import Response

from gateway.identity.entering import sealer

_OWNER = "answer"
_SIGN = "\x01"  # a control character: no text that comes in can hold it
_IN_JSON = re.compile(rb"\\u0001([A-Za-z0-9_=.-]+)\\u0001")


def once(secret: str) -> str:
    """The secret as it stands in an answer."""
    return f"{_SIGN}{sealer().seal(secret, _OWNER)}{_SIGN}"


def open_answer(response: Response) -> Response:
    """Put the secrets in."""
    if not response.is_streamed and b"\\u0001" in response.data:
        response.set_data(_IN_JSON.sub(lambda found: sealer().open(found[1].decode(), _OWNER).encode(), response.data))
    return response
