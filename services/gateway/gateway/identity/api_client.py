"""API clients: other systems of the company, with their scopes, secrets and tokens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any

from sqlalchemy import ForeignKey, Index, String, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.clock import new_id
from chassis.data.database import Id, Instant, Record
from gateway.identity.base import Base
from gateway.identity.events import ApiClientChanged

ACTIVE, REVOKED = "active", "revoked"


class ApiClient(Record, Base):
    """A system that calls the API; it reaches one department and below, or everything."""

    __tablename__ = "api_clients"

    name: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String(32)))
    department_id: Mapped[str | None] = mapped_column(Id, ForeignKey("departments.id"), index=True)
    addresses: Mapped[list[str]] = mapped_column(ARRAY(String(64)))
    rate_per_minute: Mapped[int | None]
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(16), default=ACTIVE)
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)
    last_address: Mapped[str] = mapped_column(String(64), default="")

    secrets: Mapped[list[ClientSecret]] = relationship(
        lazy="selectin", order_by="ClientSecret.created_at", viewonly=True
    )

    __table_args__ = (Index("uq_api_clients_name", func.lower(text("name")), unique=True),)

    def edit(self, fields: Mapping[str, Any], at: datetime) -> list[ApiClientChanged]:
        """Change some fields."""
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, fields[name])
        return self.note(at, *changed) if changed else []

    def note(self, at: datetime, *changed: str) -> list[ApiClientChanged]:
        """Count a change and say it."""
        self.changed(at)
        return [ApiClientChanged.of(self, *changed)]

    def usable(self, at: datetime) -> bool:
        """Whether it is neither revoked nor over."""
        return self.state == ACTIVE and (self.expires_at is None or self.expires_at > at)


class ClientSecret(Base):
    """One of the secrets of a client: 256 random bits, kept as their SHA-256; `hint` are its last letters."""

    __tablename__ = "api_client_secrets"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    client_id: Mapped[str] = mapped_column(Id, ForeignKey("api_clients.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    hint: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)


class ClientToken(Base):
    """An access token of a client; it dies with the secret it was got by."""

    __tablename__ = "api_client_tokens"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    client_id: Mapped[str] = mapped_column(Id, ForeignKey("api_clients.id"), index=True)
    secret_id: Mapped[str] = mapped_column(Id, ForeignKey("api_client_secrets.id", ondelete="CASCADE"), index=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String(32)))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


def comes_from(address: str, networks: list[str]) -> bool:
    """Whether an address lies in one of the networks; where none is named, every address does."""
    if not networks:
        return True
    try:
        here = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(here, "ipv4_mapped", None)
    return any((mapped or here) in ip_network(network) for network in networks)
