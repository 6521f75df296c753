"""Lists that every service keeps for itself, shown as one: the same order and the same cursors, so they are only sorted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chassis.callers import Caller
from chassis.data.pagination import decode_cursor, encode_cursor
from chassis.rules import NotFound
from gateway.clients.transport import SERVICES, ServiceDown
from gateway.composition.panels import Panel, ask

_MOST_KNOWN = 10_000
Own = Callable[[], dict[str, Any]]


class Merged:
    """One such list; it remembers which service each of its records came from, which never changes."""

    def __init__(self, path: str, *, named: bool = False) -> None:
        """With `named`, each record says whose it is in `service`."""
        self.path, self.named = path, named
        self._known: dict[str, str] = {}

    def page(
        self, who: Caller, query: Mapping[str, Any], asked: Mapping[str, str], *, own: Own | None = None
    ) -> dict[str, Any]:
        """A page of all services' records, and the gateway's `own`; `unavailable` names the services that are missing.

        Raises WrongCursor: a service that refuses the cursor would only look as if it were away.
        """
        if query.get("cursor"):
            decode_cursor(query["cursor"], query["sort"])
        answers = ask(who, {service: Panel(service, self.path, asked) for service in SERVICES})
        pages = {name: answer.json for name, answer in answers.items() if answer is not None and answer.status == 200}
        missing = [service for service in SERVICES if service not in pages]
        if own is not None:
            pages["gateway"] = own()
        for service, page in pages.items():
            for item in page["items"]:
                if self.named:
                    item["service"] = service
                if service in SERVICES:  # the gateway looks for its own first
                    self._remember(item["id"], service)
        return {**_one_page(pages, query), "unavailable": missing}

    def owner(self, who: Caller, record_id: str) -> str:
        """The service that keeps a record: remembered, else all are asked. Raises NotFound, ServiceDown."""
        if record_id in self._known:
            return self._known[record_id]
        answers = ask(who, {service: Panel(service, f"{self.path}/{record_id}") for service in SERVICES})
        for service, answer in answers.items():
            if answer is not None and answer.status == 200:
                return self._remember(record_id, service)
        for service, answer in answers.items():
            if answer is None:
                raise ServiceDown(service, f"its {self.path} are not known")
        raise NotFound()

    def _remember(self, record_id: str, service: str) -> str:
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[record_id] = service
        return service


def _one_page(pages: Mapping[str, Mapping[str, Any]], query: Mapping[str, Any]) -> dict[str, Any]:
    items = [item for page in pages.values() for item in page["items"]]
    items.sort(key=lambda item: item["id"], reverse=query["sort"].startswith("-"))  # a uuid7 is in the order of time
    shown, limit = items[: query["limit"]], query["limit"]
    more = len(items) > limit or any(page["next_cursor"] for page in pages.values())
    total = {"total": sum(page["total"] for page in pages.values())} if query.get("count") else {}
    cursor = encode_cursor(query["sort"], shown[-1]["id"], shown[-1]["id"]) if shown and more else None
    return {"items": shown, "next_cursor": cursor, **total}
