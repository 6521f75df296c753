"""Queues and logins of other systems at RabbitMQ, by its management API: one queue each, which its login may only read."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import urllib3

from chassis.facts.bus import DELIVERY_LIMIT, EVENTS
from chassis.ops.logging import log
from gateway.integration.errors import BrokerRefused, NoBroker
from gateway.integration.subscription import MAX_LENGTH, Subscription

DEAD_MAX_LENGTH = 10_000
_SECONDS = 5.0


class Broker:
    """Makes, changes and removes what a subscription needs there. Everything raises NoBroker and BrokerRefused."""

    def __init__(self, bus_url: str, admin_url: str, public_url: str = "") -> None:
        """`admin_url` is the management API with its login; `public_url` the AMQP address as other systems reach it."""
        self._bus, self._admin = urlsplit(bus_url), urlsplit(admin_url)
        self._public = urlsplit(public_url) if public_url else self._bus
        self.available = self._bus.scheme.startswith("amqp") and bool(self._admin.hostname)
        self._pool: urllib3.HTTPConnectionPool | None = None

    def make(self, subscription: Subscription) -> str:
        """The queue, its dead letters, its bindings and its login; returns the address with the password, this once."""
        queue = str(subscription.queue)
        dead = {"x-queue-type": "quorum", "x-max-length": DEAD_MAX_LENGTH, "x-overflow": "drop-head"}
        self._put(f"queues/{self._vhost}/{quote(queue)}.dead", {"durable": True, "arguments": dead})
        self._put(f"queues/{self._vhost}/{quote(queue)}", {"durable": True, "arguments": _arguments(subscription)})
        self.bind(subscription)
        return self.new_password(subscription)

    def new_password(self, subscription: Subscription) -> str:
        """A new password of the queue's login, which ends the old one; returns the address with it."""
        queue, password = str(subscription.queue), secrets.token_urlsafe(24)
        self._put(f"users/{quote(queue)}", {"password": password, "tags": ""})
        only = {"configure": "^$", "write": "^$", "read": f"^{re.escape(queue)}$"}
        self._put(f"permissions/{self._vhost}/{quote(queue)}", only)
        host, port = self._public.hostname, self._public.port or 5672
        return (
            f"{self._public.scheme}://{queue}:{password}@{host}:{port}/{quote(self._vhost_name(self._public), safe='')}"
        )

    def bind(self, subscription: Subscription) -> None:
        """Bind the queue to just what is wanted; one that is fed by the gateway, or paused, is bound to nothing."""
        queue = str(subscription.queue)
        wanted = set() if subscription.fed or subscription.state != "active" else set(subscription.types)
        place = f"bindings/{self._vhost}/e/{EVENTS}/q/{quote(queue)}"
        there = {one["routing_key"]: one["properties_key"] for one in self._ask("GET", place)}
        for key in wanted - set(there):
            self._ask("POST", place, {"routing_key": key})
        for key in set(there) - wanted:
            self._ask("DELETE", f"{place}/{quote(there[key], safe='')}")

    def remove(self, subscription: Subscription) -> None:
        """The login first, so that nobody reads on; then both queues."""
        queue = str(subscription.queue)
        for what in (f"users/{quote(queue)}", *(f"queues/{self._vhost}/{quote(queue)}{end}" for end in ("", ".dead"))):
            self._ask("DELETE", what, missing=True)

    @property
    def _vhost(self) -> str:
        return quote(self._vhost_name(self._bus), safe="")

    def _vhost_name(self, parts: Any) -> str:
        """The virtual host of an AMQP address; without one it is `/`."""
        return unquote(parts.path[1:]) or "/"

    def _put(self, path: str, body: Mapping[str, Any]) -> None:
        self._ask("PUT", path, body)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, missing: bool = False) -> Any:
        if not self.available:
            raise NoBroker()
        login = f"{unquote(self._admin.username or '')}:{unquote(self._admin.password or '')}"
        headers = {**urllib3.make_headers(basic_auth=login), "content-type": "application/json"}
        try:
            response = self._connections().request(
                method,
                f"{self._admin.path.rstrip('/')}/api/{path}",
                body=json.dumps(body) if body is not None else None,
                headers=headers,
                timeout=_SECONDS,
                retries=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise BrokerRefused() from error
        if response.status == 404 and missing:
            return None
        if response.status >= 400:
            log.error("the broker refused", method=method, path=path, status=response.status)
            raise BrokerRefused()
        return json.loads(response.data) if response.data else None

    def _connections(self) -> urllib3.HTTPConnectionPool:
        if self._pool is None:
            kind = urllib3.HTTPSConnectionPool if self._admin.scheme == "https" else urllib3.HTTPConnectionPool
            self._pool = kind(self._admin.hostname or "", self._admin.port or 15672, maxsize=4)
        return self._pool


def _arguments(subscription: Subscription) -> dict[str, Any]:
    """A slow reader loses its oldest facts, never our time: they are in the log, and can be replayed."""
    return {
        "x-queue-type": "quorum",
        "x-max-length": subscription.max_length or MAX_LENGTH,
        "x-overflow": "drop-head",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": f"{subscription.queue}.dead",
    }


def broker_of(settings: Any) -> Broker:
    """The broker as the settings name it."""
    return Broker(settings.bus_url, settings.broker_admin_url, settings.subscribers_amqp_url)
