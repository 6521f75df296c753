"""Phone numbers in answers that are kept: sealed in the kept text, opened only as the answer leaves.

The answer to a POST is kept under its Idempotency-Key for 24 hours, in a table; no number may stand there in plain.
"""

from __future__ import annotations

import re

from flask import Response

from chassis.callers import Caller
from chassis.data.masking import mask_phone
from chassis.data.phones import Phones
from chassis.http.auth import caller
from player.application.rotation import IN_AN_ANSWER
from player.settings import phones

_OWNER = IN_AN_ANSWER
_SIGN = "\x01"  # a control character: no text that comes in can hold it
_IN_JSON = re.compile(rb"\\u0001([A-Za-z0-9_=.-]+)\\u0001")


def sealed(phone: str, ring: Phones) -> str:
    """The number as it stands in an answer that is kept."""
    return f"{_SIGN}{ring.seal(phone, _OWNER)}{_SIGN}"


def open_answer(response: Response) -> Response:
    """Put the numbers in; who may not see them any more when an answer is repeated gets them masked."""
    if not response.is_streamed and b"\\u0001" in response.data:
        who = caller()
        response.set_data(_IN_JSON.sub(lambda found: _shown(found[1].decode(), who), response.data))
    return response


def _shown(text: str, who: Caller) -> bytes:
    number = phones().open(text, _OWNER)
    may = who.may("player.phone.see") or who.may("player.phone.reveal")
    return (number if may else mask_phone(number) or "").encode()
