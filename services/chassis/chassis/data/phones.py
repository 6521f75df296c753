"""Phone numbers: one written form, sealed at rest, found again by blind indexes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import unicodedata
from collections.abc import Mapping

import phonenumbers
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HOME = "CN"
_WRITTEN = re.compile(r"\+?[\d\s().-]{5,30}", re.ASCII)
_NONCE = 12


class NotAPhone(ValueError):
    """The text is no phone number that could exist; the text itself is not repeated."""


class CannotOpen(Exception):
    """A sealed number whose key is missing, or that was sealed for something else."""


def e164(text: str) -> str:
    """The number as +8613800008000; without a country it is a Chinese one. Raises NotAPhone."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not _WRITTEN.fullmatch(plain):
        raise NotAPhone()
    try:
        number = phonenumbers.parse(plain, HOME)
    except phonenumbers.NumberParseException as error:
        raise NotAPhone() from error
    if not phonenumbers.is_valid_number(number):
        raise NotAPhone()
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class Phones:
    """Seals and opens numbers (AES-256-GCM), and makes their blind indexes (HMAC-SHA256).

    A sealed number is `<key id>.<base64 of nonce and ciphertext>` and belongs to one owner: put into another's row it
    does not open. New ones are sealed and indexed with the current keys; old keys stay as long as rows need them.
    """

    def __init__(
        self, keys: Mapping[str, bytes], current: str, index_key: bytes, former_index_key: bytes | None = None
    ) -> None:
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}
        self.current, self._index_key, self._former_index_key = current, index_key, former_index_key

    def seal(self, phone: str, owner: str) -> str:
        """The number, readable only with the key and for this owner."""
        nonce = os.urandom(_NONCE)
        sealed = self._ciphers[self.current].encrypt(nonce, phone.encode(), owner.encode())
        return f"{self.current}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def is_current(self, sealed: str) -> bool:
        """Whether a number was sealed with the current key."""
        return sealed.partition(".")[0] == self.current

    def open(self, sealed: str, owner: str) -> str:
        """The number, E.164. Raises CannotOpen."""
        name, _, text = sealed.partition(".")
        try:
            raw = base64.urlsafe_b64decode(text)
            return self._ciphers[name].decrypt(raw[:_NONCE], raw[_NONCE:], owner.encode()).decode()
        except (KeyError, ValueError, InvalidTag):
            raise CannotOpen(f"key {name!r}" if name not in self._ciphers else "not sealed for this") from None

    def index(self, phone: str) -> bytes:
        """What a whole number is written down under, 32 bytes; says nothing of it without the index key."""
        return self._digest("phone", phone)

    def indexes(self, phone: str) -> list[bytes]:
        """What a whole number is found by: while the index key is rotated, by the former one too."""
        return self._digests("phone", phone)

    def tail_index(self, digits: str) -> bytes:
        """What a number's last four digits are written down under, 32 bytes."""
        return self._digest("tail", digits[-4:])

    def tail_indexes(self, digits: str) -> list[bytes]:
        """What a number is found by when its last four digits are typed."""
        return self._digests("tail", digits[-4:])

    def _digest(self, kind: str, text: str) -> bytes:
        return hmac.digest(self._index_key, f"{kind}\0{text}".encode(), hashlib.sha256)

    def _digests(self, kind: str, text: str) -> list[bytes]:
        former = [] if self._former_index_key is None else [self._former_index_key]
        return [hmac.digest(key, f"{kind}\0{text}".encode(), hashlib.sha256) for key in (self._index_key, *former)]
