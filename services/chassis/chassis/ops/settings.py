"""Settings come from environment variables only; every wrong one is reported at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self
from zoneinfo import available_timezones

from environs import Env, ValidationError
from marshmallow.validate import OneOf, Range

from chassis.data.sealing import key_ring


def _known_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError("Not a time zone, such as Asia/Shanghai.")


def secret(env: Env, name: str, validate: Callable[[str], None] | None = None) -> str:
    """A secret out of the variable `name`, or out of the file that `<name>_FILE` names; empty where neither is set."""
    given = env.str(name, "", validate=validate)
    file = env.str(f"{name}_FILE", "", validate=lambda path: _check_file(path, validate))
    try:
        return _read(file) if file and not given else given
    except (OSError, UnicodeError):  # said by the validation of <name>_FILE
        return ""


def key_ring_settings(env: Env, name: str) -> tuple[str, str]:
    """The ring of keys in `<name>_KEYS` or its file, and which of them `<name>_KEY_CURRENT` says is in use; both may be empty."""
    keys = secret(env, f"{name}_KEYS", validate=_is_key_ring)
    return keys, env.str(f"{name}_KEY_CURRENT", "", validate=_is_in(keys, f"{name}_KEYS"))


def _is_key_ring(text: str) -> None:
    try:
        if text:
            key_ring(text)
    except ValueError as error:
        raise ValidationError(str(error)) from error


def _is_in(keys: str | None, where: str) -> Callable[[str], None]:
    def check(name: str) -> None:
        if name and (not keys or f'"{name}"' not in keys):
            raise ValidationError(f"is not among {where}")

    return check


def _check_file(path: str, validate: Callable[[str], None] | None) -> None:
    try:
        text = _read(path) if path else ""
    except (OSError, UnicodeError) as error:
        raise ValidationError("is no file that can be read") from error
    if validate is not None:
        validate(text)


def _read(path: str) -> str:
    return Path(path).read_text("utf-8").strip()


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every service needs; a service's own settings are added in a subclass that extends `read`."""

    database_url: str
    database_owner_url: str
    bus_url: str
    port: int
    ops_port: int
    token_public_key: str
    web_workers: int
    web_threads: int
    log_level: str
    timezone: str
    demo: bool
    events_url: str
    events_client_id: str
    events_client_secret: str
    log_days: int

    @classmethod
    def load(cls) -> Self:
        """Read the environment. Raises EnvValidationError, which names every variable that is missing or wrong."""
        env = Env(eager=False)
        values = cls.read(env)
        env.seal()
        return cls(**values)

    @classmethod
    def read(cls, env: Env) -> dict[str, Any]:
        """The values by field name."""
        return {
            "database_url": env.str("DATABASE_URL"),
            "database_owner_url": env.str("DATABASE_OWNER_URL", ""),
            "bus_url": env.str("PLAYDESK_BUS_URL", ""),
            "port": env.int("PORT", 8080, validate=Range(0, 65535)),
            "ops_port": env.int("OPS_PORT", 0, validate=Range(0, 65535)),
            "token_public_key": env.str("TOKEN_PUBLIC_KEY", "").replace("\\n", "\n"),
            "web_workers": env.int("WEB_WORKERS", 2, validate=Range(1, 64)),
            "web_threads": env.int("WEB_THREADS", 8, validate=Range(1, 64)),
            "log_level": env.str("LOG_LEVEL", "INFO", validate=OneOf(["DEBUG", "INFO", "WARNING", "ERROR"])),
            "timezone": env.str("PLAYDESK_TIMEZONE", "Asia/Shanghai", validate=_known_zone),
            "demo": env.bool("DEMO", False),
            "events_url": env.str("EVENTS_URL", ""),
            "events_client_id": env.str("EVENTS_CLIENT_ID", ""),
            "events_client_secret": secret(env, "EVENTS_CLIENT_SECRET"),
            "log_days": env.int("LOG_DAYS", 90, validate=Range(1, 3650)),
        }

    def public(self) -> dict[str, Any]:
        """The settings as they may be shown: whatever could be a secret is left out."""
        secret = ("key", "secret", "url", "password", "token")
        shown = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: "…" if any(part in name for part in secret) else value for name, value in shown.items()}
