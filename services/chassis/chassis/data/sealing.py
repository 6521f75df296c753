"""Bytes that may hold what must not lie about in plain, such as files with phone numbers: sealed at rest, with a ring of keys."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from collections.abc import Mapping
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,16}")


class CannotUnseal(Exception):
    """Sealed bytes whose key is missing, or that were sealed for something else."""


class Vault(Protocol):
    """Seals bytes for one owner, and opens them again for that owner alone."""

    def seal(self, data: bytes, owner: str) -> bytes:
        """The bytes as they may be kept."""

    def open(self, sealed: bytes, owner: str) -> bytes:
        """The bytes as they were."""


class NoVault:
    """For services whose tables hold nothing that is sealed: their files need not be either."""

    def seal(self, data: bytes, owner: str) -> bytes:
        """The bytes as they are."""
        return data

    def open(self, sealed: bytes, owner: str) -> bytes:
        """The bytes as they are."""
        return sealed


class KeyVault:
    """AES-256-GCM under the current key of a ring; what older keys of the ring have sealed is opened too."""

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        self._ciphers = {name.encode(): AESGCM(key) for name, key in keys.items()}
        self._current = current.encode()

    def is_current(self, sealed: bytes) -> bool:
        """Whether the bytes were sealed with the current key."""
        return sealed.startswith(self._current + b".")

    def seal(self, data: bytes, owner: str) -> bytes:
        """`<key id>.<nonce><ciphertext>`."""
        nonce = os.urandom(_NONCE)
        return self._current + b"." + nonce + self._ciphers[self._current].encrypt(nonce, data, owner.encode())

    def open(self, sealed: bytes, owner: str) -> bytes:
        """The bytes as they were. Raises CannotUnseal."""
        name, _, rest = sealed.partition(b".")
        try:
            return self._ciphers[name].decrypt(rest[:_NONCE], rest[_NONCE:], owner.encode())
        except (KeyError, InvalidTag) as error:
            raise CannotUnseal() from error


def ring_in_use(text: str, named: str) -> tuple[dict[str, bytes], str]:
    """The keys of a ring, and which of them is in use: the one that is named, else the last. Raises ValueError."""
    ring = key_ring(text)
    return ring, named or list(ring)[-1]


def key_ring(text: str) -> dict[str, bytes]:
    """The keys in JSON of {key id: 32 bytes in base64}. Raises ValueError, which names no key."""
    try:
        ring = {str(name): base64.b64decode(value, validate=True) for name, value in json.loads(text).items()}
    except (AttributeError, TypeError, binascii.Error, json.JSONDecodeError):
        raise ValueError("is not JSON of {key id: base64}") from None
    if not ring or not all(_KEY_ID.fullmatch(name) and len(key) == 32 for name, key in ring.items()):
        raise ValueError("needs keys of 32 bytes with short IDs")
    return ring
