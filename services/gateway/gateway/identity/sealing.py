"""Secrets that must be read again are sealed: SEAL_SECRET seals, SEAL_SECRET_BEFORE still opens."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chassis.data.sealing import CannotUnseal, KeyVault

__all__ = ["CannotUnseal", "Sealer", "sealer_of"]


class Sealer:
    """Text sealed for one owner. `secrets`: the one to seal with, then those that may still open."""

    def __init__(self, secrets: Sequence[str]) -> None:
        keys = [HKDF(SHA256(), 32, None, b"playdesk gateway seal").derive(one.encode()) for one in secrets if one]
        named = {hashlib.sha256(key).hexdigest()[:8]: key for key in keys}
        self._vault = KeyVault(named, next(iter(named)))

    def seal(self, text: str, owner: str) -> str:
        """The text as base64, readable only with the secret and for this owner."""
        return base64.urlsafe_b64encode(self._vault.seal(text.encode(), owner)).decode()

    def open(self, sealed: str, owner: str) -> str:
        """The text. Raises CannotUnseal."""
        try:
            return self._vault.open(base64.urlsafe_b64decode(sealed), owner).decode()
        except ValueError as error:
            raise CannotUnseal() from error


@lru_cache(maxsize=4)
def sealer_of(secrets: tuple[str, ...]) -> Sealer:
    """The sealer of these secrets, made once: deriving its keys takes longer than sealing."""
    return Sealer(secrets)
