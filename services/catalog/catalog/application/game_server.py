"""The game server's side of a sync: signed requests, page after page, whole within a deadline or not at all."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable
from http.client import HTTPException
from queue import Empty, SimpleQueue
from time import monotonic, time
from typing import TypeVar, cast

import requests
from urllib3.exceptions import HTTPError

from catalog.application.price_list import read_page
from catalog.domain.errors import GameServerUnavailable
from catalog.domain.price_list import ListedItem
from chassis.ops.logging import log
from chassis.ops.metrics import CALL_SECONDS

T = TypeVar("T")
DEADLINE_SECONDS = 10.0
MOST_BYTES_A_PAGE = 4 * 1024 * 1024
MOST_PAGES = 1000
MOST_ITEMS = 50_000


class GameServer:
    """One studio's game server (docs: "The game server"); `seconds` is for a whole price list."""

    def __init__(self, url: str, secret: str, *, seconds: float = DEADLINE_SECONDS) -> None:
        self.url, self.secret, self.seconds = url.rstrip("/"), secret, seconds

    def price_list(self) -> list[ListedItem]:
        """Every item of the list, each ID once, at least one. Raises GameServerUnavailable."""
        if not self.url:
            raise GameServerUnavailable("not_configured")
        started = monotonic()
        outcome = "ok"
        try:
            return _within(self.seconds, lambda: self._pages(started + self.seconds))
        except GameServerUnavailable as error:
            outcome = error.members["reason"]
            log.warning("no price list from the game server", reason=outcome, cause=str(error.__cause__ or ""))
            raise
        finally:
            CALL_SECONDS.labels("game_server", outcome).observe(monotonic() - started)

    def _pages(self, until: float) -> list[ListedItem]:
        found: dict[str, ListedItem] = {}
        cursors: set[str] = set()
        cursor: str | None = ""
        with requests.Session() as session:
            session.trust_env = False  # the address is the setting's: no proxy and no login out of the environment
            while cursor is not None:
                items, cursor = read_page(self._get(session, cursor, until))
                _take(found, items)
                if cursor in cursors or len(cursors) >= MOST_PAGES:
                    raise GameServerUnavailable("endless_list")
                cursors.add(cursor or "")
        if not found:
            raise GameServerUnavailable("empty_list")  # it would withdraw everything: no game sells nothing
        return list(found.values())

    def _get(self, session: requests.Session, cursor: str, until: float) -> bytes:
        try:
            request = requests.Request("GET", f"{self.url}/v1/items", params={"cursor": cursor})
            prepared = session.prepare_request(request)
            prepared.headers.update(signature(self.secret, "GET", prepared.path_url))
            with session.send(prepared, timeout=_left(until), stream=True, allow_redirects=False) as response:
                if response.status_code != 200:
                    raise GameServerUnavailable(f"status_{response.status_code}")
                return _body(response, until)
        except requests.Timeout as error:
            raise GameServerUnavailable("too_slow") from error
        except (requests.RequestException, HTTPException, HTTPError, ValueError) as error:
            raise GameServerUnavailable("unreachable") from error


def signature(secret: str, method: str, path_with_query: str, body: bytes = b"") -> dict[str, str]:
    """The two headers of a signed request: HMAC-SHA256 over timestamp, method, path with query and body, by lines."""
    timestamp = str(int(time()))
    message = b"\n".join([timestamp.encode(), method.encode(), path_with_query.encode(), body])
    digest = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return {"X-Playdesk-Timestamp": timestamp, "X-Playdesk-Signature": digest}


def _take(found: dict[str, ListedItem], items: list[ListedItem]) -> None:
    for item in items:
        if item.game_item_id in found:
            raise GameServerUnavailable("duplicate_item")
        found[item.game_item_id] = item
    if len(found) > MOST_ITEMS:
        raise GameServerUnavailable("endless_list")


def _body(response: requests.Response, until: float) -> bytes:
    """The body, decoded, as far as it keeps to its bounds."""
    parts: list[bytes] = []
    size = 0
    for part in response.iter_content(64 * 1024):
        size += len(part)
        if size > MOST_BYTES_A_PAGE:
            raise GameServerUnavailable("too_large")
        _left(until)
        parts.append(part)
    return b"".join(parts)


def _left(until: float) -> float:
    left = until - monotonic()
    if left <= 0:
        raise GameServerUnavailable("too_slow")
    return left


def _within(seconds: float, work: Callable[[], T]) -> T:
    """The result of `work`, done on a thread of its own: a socket's time-out begins anew with every byte that trickles
    in, and a name that is looked up has none at all. A thread that is too late is left to its own end."""
    results: SimpleQueue[tuple[T | None, Exception | None]] = SimpleQueue()

    def run() -> None:
        try:
            results.put((work(), None))
        except Exception as error:
            results.put((None, error))

    threading.Thread(target=run, name="game-server", daemon=True).start()
    try:
        result, error = results.get(timeout=seconds)
    except Empty:
        raise GameServerUnavailable("too_slow") from None
    if error is not None:
        raise error
    return cast(T, result)
