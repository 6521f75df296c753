"""The keys of phone numbers, for every service that keeps any."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from environs import Env
from marshmallow import ValidationError

from chassis.data.phones import Phones
from chassis.data.sealing import KeyVault, ring_in_use
from chassis.ops.settings import Settings, key_ring_settings, secret

_INDEX_KEY_LENGTH = 16


@dataclass(frozen=True, kw_only=True)
class PhoneSettings(Settings):
    """With what numbers are sealed and found again; the same keys in every service, which rotates them by itself."""

    phone_keys: str
    phone_key_current: str
    phone_index_key: str
    phone_index_key_former: str

    @classmethod
    def read(cls, env: Env) -> dict[str, Any]:
        """The values by field name. Documents are made without keys; whoever handles a phone number needs them."""
        keys, current = key_ring_settings(env, "PHONE")
        return {
            **super().read(env),
            "phone_keys": keys,
            "phone_key_current": current,
            "phone_index_key": secret(env, "PHONE_INDEX_KEY", validate=_is_index_key),
            "phone_index_key_former": secret(env, "PHONE_INDEX_KEY_FORMER", validate=_is_index_key),
        }

    @cached_property
    def phones(self) -> Phones:
        """Seals, opens and finds phone numbers. Raises PhoneKeysMissing."""
        if not self.phone_keys or not self.phone_index_key:
            raise PhoneKeysMissing("PHONE_KEYS and PHONE_INDEX_KEY must be set")
        ring, current = ring_in_use(self.phone_keys, self.phone_key_current)
        return Phones(ring, current, self.phone_index_key.encode(), self.phone_index_key_former.encode() or None)

    @cached_property
    def vault(self) -> KeyVault:
        """Seals files that may hold phone numbers, with their keys. Raises PhoneKeysMissing."""
        if not self.phone_keys:
            raise PhoneKeysMissing("PHONE_KEYS must be set")
        return KeyVault(*ring_in_use(self.phone_keys, self.phone_key_current))


class PhoneKeysMissing(RuntimeError):
    """No phone number can be handled without its keys."""


def _is_index_key(text: str) -> None:
    if text and len(text) < _INDEX_KEY_LENGTH:
        raise ValidationError(f"needs at least {_INDEX_KEY_LENGTH} characters")
