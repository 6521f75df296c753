"""What the stand-in knows and how it has been told to behave; everything can be changed and put back."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from deploy.local.game import items, players

MODES = (
    "ok",  # as the contract says
    "slow",  # after `delay_seconds`
    "down",  # 503
    "error",  # 500
    "refused",  # 401, as with a wrong secret
    "limited",  # 429 with Retry-After
    "drop",  # the connection closed without an answer
    "nonsense",  # 200 with a page of HTML
    "empty",  # 200 with nothing
    "wrong_types",  # 200 with JSON of the right names and the wrong types
    "missing_fields",  # 200 with JSON that lacks most fields
    "huge",  # 200 with 30 MB of JSON
)


class World:
    """Players, items, deliveries and the present mode; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """As on the first day."""
        with self._lock:
            self.mode, self.delay_seconds, self.only, self.times = "ok", 0.0, "", 0
            self._items = {item["game_item_id"]: item for item in items.price_list()}
            self._players: dict[str, dict[str, Any] | None] = {}
            self._deliveries: dict[str, tuple[Any, dict[str, Any]]] = {}
            self.calls: Counter[str] = Counter()

    def behave(self, mode: str, delay_seconds: float = 0.0, only: str = "", times: int = 0) -> None:
        """Take a mode: for paths that contain `only`, for the next `times` calls (0: until told otherwise)."""
        with self._lock:
            self.mode, self.delay_seconds, self.only, self.times = mode, delay_seconds, only, times

    def mode_for(self, path: str) -> str:
        """How to answer this call; counts it."""
        with self._lock:
            self.calls[path] += 1
            if self.mode == "ok" or self.only not in path:
                return "ok"
            mode = self.mode
            if self.times:
                self.times -= 1
                self.mode = self.mode if self.times else "ok"
            return mode

    def player(self, phone: str) -> dict[str, Any] | None:
        """The player with this phone number: a made one, else one of the five thousand."""
        with self._lock:
            if phone in self._players:
                return self._players[phone]
        index = players.index_of(phone)
        return None if index is None else players.player(index)

    def put_player(self, phone: str, values: dict[str, Any] | None) -> None:
        """Add a player or change some of their values; None takes the player out of the game."""
        with self._lock:
            known = self.player(phone) or players.player(players.COUNT + len(self._players))
            self._players[phone] = None if values is None else {**known, **values}

    def items_page(self, after: str, limit: int) -> tuple[list[dict[str, Any]], str | None]:
        """Items by ID after a cursor, and the next cursor."""
        with self._lock:
            later = [item for key, item in sorted(self._items.items()) if key > after]
        page = later[:limit]
        return page, page[-1]["game_item_id"] if len(later) > limit else None

    def put_item(self, game_item_id: str, values: dict[str, Any] | None) -> None:
        """Add an item or change some of its values; None takes it off the price list."""
        with self._lock:
            if values is None:
                self._items.pop(game_item_id, None)
                return
            known = self._items.get(game_item_id) or {**next(iter(self._items.values())), "game_item_id": game_item_id}
            self._items[game_item_id] = {**known, **values}

    def deliver(self, key: str, order: dict[str, Any], at: str) -> tuple[int, dict[str, Any]]:
        """Deliver once per key: 201 the first time, 200 with the same answer again, 422 for another order."""
        with self._lock:
            if key in self._deliveries:
                first, answer = self._deliveries[key]
                return (200, answer) if first == order else (422, {"error": "key_reused"})
            number = f"D{len(self._deliveries) + 1:08d}"
            answer = {"delivery_id": number, "order_no": order["order_no"], "state": "delivered", "delivered_at": at}
            self._deliveries[key] = (order, answer)
            return 201, answer

    def state(self) -> dict[str, Any]:
        """The mode and how often each path was called, for tests."""
        with self._lock:
            behaviour = {"mode": self.mode, "delay_seconds": self.delay_seconds, "only": self.only, "times": self.times}
            return {**behaviour, "calls": dict(self.calls), "deliveries": len(self._deliveries)}
