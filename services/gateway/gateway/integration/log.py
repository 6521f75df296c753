"""The merged log: every service's facts behind one cursor, none twice and none left out while new ones come in.

Services number their facts without gaps, each for itself. The cursor is where one has got to in each of them; so a service
that is away, or one that was added, is simply read later.
"""

from __future__ import annotations

import base64
import heapq
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from chassis.callers import Caller, Scope
from chassis.clock import rfc3339
from chassis.data.pagination import WrongCursor
from chassis.http.log import READ_LOG, own_stretch
from chassis.rules import RuleBroken
from chassis.service import Runtime
from gateway.clients.forwarding import Forwarder
from gateway.clients.transport import SERVICES, ServiceDown

SOURCES = (*SERVICES, "gateway")
READER = Caller("gateway", kind="service", name="gateway", permissions=frozenset({READ_LOG}), scope=Scope("all"))
DEADLINE = 6.0  # seconds for one service's stretch
_THREADS = ThreadPoolExecutor(max_workers=16, thread_name_prefix="log")
Places = dict[str, int]


class CursorExpired(RuleBroken):
    """Facts behind the cursor have been removed: whoever stopped so long must begin anew."""

    code = "cursor_expired"
    zh = "cursor 之后的事件已经清除，请从头开始"
    en = "Facts behind this cursor have been removed; begin anew"


@dataclass(frozen=True)
class Merged:
    """Some facts, oldest first; where to go on; whether there are more; who could not be asked."""

    items: list[dict[str, Any]]
    places: Places
    more: bool
    unavailable: list[str]


class MergedLog:
    """Reads the logs of all services and the gateway's own."""

    def __init__(self, runtime: Runtime, forwarder: Forwarder) -> None:
        self.runtime, self.forwarder = runtime, forwarder

    def read(
        self,
        places: Mapping[str, int],
        *,
        types: list[str],
        limit: int,
        since: datetime | None = None,
        wanted: Callable[[Mapping[str, Any]], bool] = lambda _fact: True,
    ) -> Merged:
        """Up to `limit` facts behind `places` that are `wanted`; `since` counts for services not read before.

        Raises CursorExpired.
        """
        asked = {"types": types, "limit": limit}
        calls = {
            source: _THREADS.submit(self._stretch, source, {**asked, **_from(places, source, since)})
            for source in SOURCES
        }
        stretches = {source: call.result() for source, call in calls.items()}
        there = {source: stretch for source, stretch in stretches.items() if stretch is not None}
        for source, stretch in there.items():
            if places.get(source, 0) > 0 and places[source] + 1 < stretch["first"] <= stretch["head"]:
                raise CursorExpired()
        items, reached = _merge(there, limit)
        heads = {source: stretch["head"] for source, stretch in there.items()}
        return Merged(
            [item for item in items if wanted(item)],
            {**places, **reached},
            any(reached[source] < head for source, head in heads.items()),
            [source for source, stretch in stretches.items() if stretch is None],
        )

    def places_before(self, moment: datetime) -> dict[str, int | None]:
        """Where each log was at a moment (UTC); None for a service that is away."""
        query = {"types": [], "limit": 1, "since": moment}
        calls = {source: _THREADS.submit(self._stretch, source, query) for source in SOURCES}
        return {source: _begin_of(call.result()) for source, call in calls.items()}

    def _stretch(self, source: str, query: dict[str, Any]) -> dict[str, Any] | None:
        """One source's facts; None where it is away."""
        if source == "gateway":
            work = self.runtime.reading(READER)
            with work.session:
                return own_stretch(work, source, query)
        params = {"limit": query["limit"]}
        params |= {"types": ",".join(query["types"])} if query["types"] else {}
        params |= {"after": query["after"]} if "after" in query else {}
        params |= {"since": rfc3339(query["since"])} if query.get("since") else {}
        try:
            answer = self.forwarder.read(READER, source, "/event-log", params, deadline=DEADLINE)
        except ServiceDown:
            return None
        return answer.json if answer.status == 200 else None


def _from(places: Mapping[str, int], source: str, since: datetime | None) -> dict[str, Any]:
    return {"after": places[source]} if source in places else {"since": since} if since else {"after": 0}


def _begin_of(stretch: Mapping[str, Any] | None) -> int | None:
    if stretch is None:
        return None
    items = stretch["items"]
    return int(items[0]["sequence"]) - 1 if items else int(stretch["head"])


def _merge(stretches: Mapping[str, Mapping[str, Any]], limit: int) -> tuple[list[dict[str, Any]], Places]:
    """The first `limit` facts by their time, each service's own in its order; how far each service has been read."""
    queues = {source: list(stretch["items"]) for source, stretch in stretches.items()}
    heads = [(items[0]["time"], source, 0) for source, items in queues.items() if items]
    heapq.heapify(heads)
    taken: list[dict[str, Any]] = []
    used = dict.fromkeys(queues, 0)
    while heads and len(taken) < limit:
        _time, source, index = heapq.heappop(heads)
        taken.append(queues[source][index])
        used[source] = index + 1
        if index + 1 < len(queues[source]):
            heapq.heappush(heads, (queues[source][index + 1]["time"], source, index + 1))
    reached = {}
    for source, stretch in stretches.items():
        items, count = queues[source], used[source]
        if count == len(items):
            reached[source] = stretch["next_after"]
        else:  # the next one is not taken yet: go on right before it
            reached[source] = int(items[count]["sequence"]) - 1
    return taken, reached


def to_cursor(places: Mapping[str, int]) -> str:
    """Opaque text for where one has got to."""
    return base64.urlsafe_b64encode(orjson.dumps(places, option=orjson.OPT_SORT_KEYS)).decode().rstrip("=")


def from_cursor(cursor: str | None) -> Places:
    """Where one has got to. Raises WrongCursor."""
    if not cursor:
        return {}
    try:
        found = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except ValueError as error:
        raise WrongCursor() from error
    fits = isinstance(found, dict) and all(
        source in SOURCES and type(place) is int and 0 <= place < 10**12 for source, place in found.items()
    )
    if not fits:
        raise WrongCursor()
    return dict(found)
