"""The game server's client: signed requests, one deadline for the whole call, answers checked before use."""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from time import monotonic, time
from typing import Any
from urllib.parse import quote

import pybreaker
import requests
from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load
from requests.adapters import HTTPAdapter

from chassis.http.fields import CURRENCIES, ListOf, Moment, Part, Text, Whole
from chassis.http.reading import parse_json
from chassis.money import Money
from chassis.ops.logging import log
from chassis.ops.metrics import CALL_SECONDS
from chassis.rules import Malformed
from player.domain.game import BAD_ANSWER, REFUSED, TIMEOUT, UNREACHABLE, GameData, GameFailed, GameRole

TIMESTAMP, SIGNATURE = "X-Playdesk-Timestamp", "X-Playdesk-Signature"
AT_ONCE = 8
LONGEST_ANSWER = 256 * 1024
FAILURES_TO_OPEN, OPEN_SECONDS = 5, 5
_SPEND = re.compile(r"\d{1,10}(\.\d{1,2})?", re.ASCII)


class _Spend(fields.Field):
    """Total spend: a decimal text or a whole number, never negative."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str) or not _SPEND.fullmatch(text):
            raise ValidationError("not_money")
        return Decimal(text)


class _Role(Schema):
    class Meta:
        unknown = EXCLUDE

    name = Text(64, required=True)
    server = Text(64, required=True)
    level = Whole(0, 100_000, required=True)

    @post_load
    def _made(self, data: dict[str, Any], **_: Any) -> GameRole:
        return GameRole(**data)


class _Answer(Schema):
    """What the contract promises; more may be in it."""

    class Meta:
        unknown = EXCLUDE

    uid = Text(64, min_length=1, handle=True, required=True)
    server = Text(64, required=True)
    nickname = Text(64, required=True)
    level = Whole(0, 100_000, required=True)
    vip_level = Whole(0, 1_000, required=True)
    total_spend = _Spend(required=True)
    currency = Text(3, required=True)
    last_pay_at = Moment(required=True, allow_none=True)
    last_login_at = Moment(required=True, allow_none=True)
    registered_at = Moment(required=True, allow_none=True)
    roles = ListOf(Part(_Role), most=200, required=True)


_ANSWER = _Answer()


class GameServer:
    """Asks for players by phone number; safe to use from many threads.

    While it does not answer at all, a circuit breaker spares the callers the wait. The breaker of pybreaker would let
    one call in at a time, so only the outcomes go through it.
    """

    def __init__(self, url: str, secret: str, seconds: float = 3.0) -> None:
        self.url, self.secret, self.seconds = url, secret, seconds
        self._state = pybreaker.CircuitMemoryStorage(pybreaker.STATE_CLOSED)
        self._breaker = pybreaker.CircuitBreaker(
            fail_max=FAILURES_TO_OPEN,
            reset_timeout=OPEN_SECONDS,
            state_storage=self._state,
            exclude=[lambda error: error.code not in (TIMEOUT, UNREACHABLE)],
            throw_new_error_on_trip=False,
        )
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount("http", HTTPAdapter(pool_maxsize=AT_ONCE, max_retries=0))
        self._threads: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()

    def player(self, phone: str) -> GameData | None:
        """The data of the player with this phone number (E.164); None where the game knows no such number.

        Never takes longer than the deadline. Raises GameFailed, in which the number does not appear.
        """
        if self._is_open():
            raise GameFailed(UNREACHABLE)
        began, outcome = monotonic(), "error"
        try:
            found = self._in_time(phone)
            self._report(None)
            outcome = "ok" if found else "not_found"
        except GameFailed as failure:
            self._report(failure)
            outcome = failure.code
            raise failure from None
        finally:
            CALL_SECONDS.labels("game", outcome).observe(monotonic() - began)
        return found

    def _is_open(self) -> bool:
        opened_at = self._state.opened_at
        is_open = self._breaker.current_state == pybreaker.STATE_OPEN
        return is_open and opened_at is not None and datetime.now(UTC) < opened_at + timedelta(seconds=OPEN_SECONDS)

    def _report(self, failure: GameFailed | None) -> None:
        def outcome() -> None:
            if failure is not None:
                raise failure

        with suppress(GameFailed, pybreaker.CircuitBreakerError):
            self._breaker.call(outcome)

    def _in_time(self, phone: str) -> GameData | None:
        """Socket timeouts bound each step; only a thread of its own bounds the whole."""
        call = self._executor().submit(self._ask, phone, monotonic() + self.seconds)
        try:
            return call.result(timeout=self.seconds)
        except Late:
            call.cancel()
            raise GameFailed(TIMEOUT) from None

    def _executor(self) -> ThreadPoolExecutor:
        """Made at the first call: threads do not survive the fork of a web worker."""
        with self._lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="game")
            return self._threads

    def _ask(self, phone: str, until: float) -> GameData | None:
        left = max(until - monotonic(), 0.01)
        try:
            with self._session.send(
                self._request(phone), timeout=(min(1.0, left), left), stream=True, allow_redirects=False
            ) as answer:
                return self._read(answer, until)
        except requests.Timeout:
            raise GameFailed(TIMEOUT) from None
        except (
            requests.RequestException,
            OSError,
            ValueError,
        ) as error:  # their texts hold the address, and so the number
            log.warning("game server unreachable", error=type(error).__name__)
            raise GameFailed(UNREACHABLE) from None

    def _request(self, phone: str) -> requests.PreparedRequest:
        request = requests.Request("GET", f"{self.url}/v1/players?phone={quote(phone, safe='')}").prepare()
        timestamp = str(int(time()))
        message = b"\n".join([timestamp.encode(), b"GET", request.path_url.encode(), b""])
        signature = hmac.new(self.secret.encode(), message, hashlib.sha256).hexdigest()
        request.headers.update({TIMESTAMP: timestamp, SIGNATURE: signature, "Accept": "application/json"})
        return request

    def _read(self, answer: requests.Response, until: float) -> GameData | None:
        if answer.status_code == 404:
            return None
        if answer.status_code in (401, 403):
            log.error("game server refuses our signature", status=answer.status_code)
            raise GameFailed(REFUSED)
        if answer.status_code != 200:
            log.warning("game server failed", status=answer.status_code)
            raise GameFailed(UNREACHABLE if answer.status_code >= 429 else BAD_ANSWER)
        body = b""
        for piece in answer.iter_content(16 * 1024):
            body += piece
            if len(body) > LONGEST_ANSWER:
                raise GameFailed(BAD_ANSWER)
            if monotonic() > until:
                raise GameFailed(TIMEOUT)
        return checked(body)


def checked(body: bytes) -> GameData:
    """The data in an answer's body. Raises GameFailed (bad_answer) for anything but what the contract promises."""
    try:
        values = _ANSWER.load(parse_json(body))
    except (Malformed, ValidationError, ArithmeticError):
        raise GameFailed(BAD_ANSWER) from None
    currency = values.pop("currency")
    if currency not in CURRENCIES:
        raise GameFailed(BAD_ANSWER)
    roles = tuple(values.pop("roles"))
    return GameData(total_spend=Money(values.pop("total_spend"), currency), roles=roles, **values)
