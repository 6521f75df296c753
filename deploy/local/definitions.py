"""Who may do what on the broker: the definitions RabbitMQ loads while it boots."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

ADMIN = "admin"
EXCHANGES = ("playdesk.events", "company.events")
DEFAULT_EXCHANGE = "amq.default"  # to one's own queues by name: retries and dead letters
SUBSCRIBERS = "sub."  # queues of other systems, declared by the gateway


def definitions(passwords: Mapping[str, str], vhosts: Iterable[str]) -> dict[str, Any]:
    """Users with their permissions on each vhost; `admin` may do everything."""
    return {
        "users": [_user(name, password) for name, password in passwords.items()],
        "vhosts": [{"name": vhost} for vhost in vhosts],
        "permissions": [{"user": name, "vhost": vhost, **permission(name)} for name in passwords for vhost in vhosts],
    }


def permission(name: str) -> dict[str, str]:
    """The three patterns of a service: its own queues (the gateway also the subscribers'), and the exchanges."""
    if name == ADMIN:
        return {"configure": ".*", "write": ".*", "read": ".*"}
    owned = [f"{re.escape(name)}\\..*"] + ([f"{re.escape(SUBSCRIBERS)}.*"] if name == "gateway" else [])
    exchanges = [re.escape(exchange) for exchange in EXCHANGES]
    return {
        "configure": _any(owned + exchanges),
        "write": _any([*owned, re.escape(EXCHANGES[0]), re.escape(DEFAULT_EXCHANGE)]),
        "read": _any(owned + exchanges),
    }


def password_hash(password: str, salt: bytes | None = None) -> str:
    """RabbitMQ's salted SHA-256, so that the file holds no password."""
    salt = salt or os.urandom(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _user(name: str, password: str) -> dict[str, Any]:
    return {
        "name": name,
        "password_hash": password_hash(password),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": "administrator" if name == ADMIN else "",
    }


def _any(patterns: list[str]) -> str:
    return f"^({'|'.join(patterns)})$"
