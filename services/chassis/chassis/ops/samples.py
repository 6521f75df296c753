"""Settings that lead nowhere, for making documents and for tests of single parts."""

from __future__ import annotations

import os
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from chassis.ops.settings import Settings

S = TypeVar("S", bound=Settings)


def key_pair() -> tuple[str, str]:
    """(private, public) Ed25519 keys as PEM."""
    private = Ed25519PrivateKey.generate()
    return (
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    )


def sample_settings(kind: type[S], **values: str) -> S:
    """Settings of a service with a database and a bus that are not there; `values` are environment variables."""
    private, public = key_pair()
    nowhere = {
        "DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/nowhere",
        "TOKEN_PUBLIC_KEY": public,
        "TOKEN_PRIVATE_KEY": private,
        **values,
    }
    kept = dict(os.environ)
    try:
        os.environ.update({name: value for name, value in nowhere.items() if name in values or name not in kept})
        return kind.load()
    finally:
        os.environ.clear()
        os.environ.update(kept)
