"""Phone numbers in answers that are kept: sealed in the kept text, opened only as the answer leaves.

The answer to a POST is kept under its Idempotency-Key for 24 hours, in a table; no number may stand there in plain.
"""

from __future__ import annotations

from flask import Response

from chassis.callers import Caller
from chassis.data.masking import mask_phone
from chassis.data.phones import Phones
from chassis.http import sealed as answers
from chassis.http.auth import caller
from player.application.rotation import IN_AN_ANSWER
from player.settings import phones

_OWNER = IN_AN_ANSWER


def sealed(phone: str, ring: Phones) -> str:
    """The number as it stands in an answer that is kept."""
    return answers.marked(ring.seal(phone, _OWNER))


def open_answer(response: Response) -> Response:
    """Put the numbers in; who may not see them any more when an answer is repeated gets them masked."""
    return answers.open_answer(response, lambda text: _shown(text, caller()))


def _shown(text: str, who: Caller) -> str:
    number = phones().open(text, _OWNER)
    may = who.may("player.phone.see") or who.may("player.phone.reveal")
    return number if may else mask_phone(number) or ""
