"""`python -m deploy.secrets > deploy/.env`: every secret of deploy/compose.yaml, made anew; keep the file, never commit it."""

from __future__ import annotations

import json
import secrets
import uuid

from deploy.local import keys
from deploy.local.definitions import ADMIN, definitions
from deploy.local.programs import SERVICES

VHOST = "playdesk"


def environment() -> dict[str, str]:
    """Variable names and values."""
    passwords = {name: secrets.token_urlsafe(24) for name in (ADMIN, *SERVICES)}
    private, public = keys.new_token_keys()
    return {
        "POSTGRES_PASSWORD": secrets.token_urlsafe(24),
        **{f"{name.upper()}_DB_PASSWORD": secrets.token_urlsafe(24) for name in SERVICES},
        **{f"{name.upper()}_DB_OWNER_PASSWORD": secrets.token_urlsafe(24) for name in SERVICES},
        **{f"{name.upper()}_BUS_PASSWORD": passwords[name] for name in SERVICES},
        "BROKER_ADMIN_URL": f"http://{ADMIN}:{passwords[ADMIN]}@rabbitmq:15672",
        "RABBITMQ_DEFINITIONS": json.dumps(definitions(passwords, [VHOST])),
        "TOKEN_PRIVATE_KEY": private.replace("\n", "\\n"),
        "TOKEN_PUBLIC_KEY": public.replace("\n", "\\n"),
        "PHONE_KEYS": keys.new_key_ring(),
        "PHONE_INDEX_KEY": keys.random_bytes(),
        "MESSAGE_KEYS": keys.new_key_ring(),
        "SECRET_KEY": keys.random_bytes(),
        "AUDIT_KEY": keys.random_bytes(),
        "GAME_SERVER_SECRET": keys.random_bytes(),
        "EVENTS_CLIENT_ID": str(uuid.uuid4()),
        "EVENTS_CLIENT_SECRET": secrets.token_urlsafe(32),
    }


if __name__ == "__main__":
    for name, value in environment().items():
        print(f"{name}='{value}'")
