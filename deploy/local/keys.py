"""The secrets of a suite on this machine, made once and kept in its state folder."""

from __future__ import annotations

import base64
import json
import secrets

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from deploy.local.state import State


def token_keys(state: State) -> tuple[str, str]:
    """(private, public): the Ed25519 pair by which services know the gateway, as PEM."""
    private = state.secret("token.private", lambda: new_token_keys()[0])
    return private, _public(load_pem_private_key(private.encode(), None))


def new_token_keys() -> tuple[str, str]:
    """A new pair (private, public)."""
    private = Ed25519PrivateKey.generate()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(), _public(private)


def phone_keys(state: State) -> str:
    """JSON of key ID → 32 random bytes in base64: what phone numbers are encrypted with."""
    return state.secret("phone.keys", new_key_ring)


def message_keys(state: State) -> str:
    """The same for what is masked in messages."""
    return state.secret("message.keys", new_key_ring)


def new_key_ring() -> str:
    """A ring of one new key."""
    return json.dumps({"k1": random_bytes()})


def random_bytes() -> str:
    """32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _public(private: PrivateKeyTypes) -> str:
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
