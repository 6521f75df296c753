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
DEFAULT_EXCHANGE = "amq.default"  # to any queue by its name: the gateway alone, to feed those of other systems
SUBSCRIBERS = "sub."  # queues of other systems, declared by the gateway
SPEAKS_OF = {
    "player": ("bulk_reading", "phone", "player"),
    "ticket": ("article", "cause", "message", "review", "sensitive_word", "session", "survey", "ticket"),
    "sales": ("campaign", "claim", "lead", "opportunity", "order", "payment", "return", "touch"),
    "catalog": ("discount_rule", "item", "pack", "supplier"),
    "gateway": ("api_client", "department", "option", "role", "staff"),
}


def definitions(passwords: Mapping[str, str], vhosts: Iterable[str]) -> dict[str, Any]:
    """Users with their permissions on each vhost; `admin` may do everything."""
    return {
        "users": [_user(name, password) for name, password in passwords.items()],
        "vhosts": [{"name": vhost} for vhost in vhosts],
        "permissions": [{"user": name, "vhost": vhost, **permission(name)} for name in passwords for vhost in vhosts],
        "topic_permissions": [
            {"user": name, "vhost": vhost, **topics(name)} for name in passwords if name != ADMIN for vhost in vhosts
        ],
    }


def topics(name: str) -> dict[str, str]:
    """What a service may speak of: facts of its own records alone, so that nobody takes its word for another's."""
    own = [f"{re.escape(word)}\\..*" for word in SPEAKS_OF.get(name, (name,))]
    return {"exchange": EXCHANGES[0], "write": _any(own), "read": ".*"}


def permission(name: str) -> dict[str, str]:
    """The three patterns of a service: its own queues and exchange, the two exchanges of all, at the gateway the subscribers'."""
    if name == ADMIN:
        return {"configure": ".*", "write": ".*", "read": ".*"}
    owned = [f"{re.escape(name)}\\..*"] + ([f"{re.escape(SUBSCRIBERS)}.*"] if name == "gateway" else [])
    feeding = [re.escape(DEFAULT_EXCHANGE)] if name == "gateway" else []
    exchanges = [re.escape(exchange) for exchange in EXCHANGES]
    return {
        "configure": _any(owned + exchanges),
        "write": _any([*owned, re.escape(EXCHANGES[0]), *feeding]),
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
