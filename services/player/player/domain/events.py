"""The facts of players, each carrying the whole state after the change; phone numbers only masked, notes not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from chassis.data.masking import mask_phone
from chassis.data.phones import Phones
from chassis.facts.event import Event, fact
from chassis.money import Money

if TYPE_CHECKING:
    from player.domain.player import Player
    from player.domain.reveal import PhoneReveal

_STATE = (
    "nickname", "wechat_id", "wechat_name", "agent_id", "wechat_account_id", "vip_tier", "registered", "deleted",
    "source", "custom", "last_contact_at", "created_at", "merged_into_id",
)  # fmt: skip
_GAME = (
    "uid", "server", "nickname", "level", "vip_level", "last_pay_at", "last_login_at", "registered_at", "fetched_at",
)  # fmt: skip


@dataclass(frozen=True)
class GameState:
    """The last snapshot as others may read it."""

    uid: str
    server: str
    nickname: str
    level: int
    vip_level: int
    total_spend: Money
    last_pay_at: datetime | None
    last_login_at: datetime | None
    registered_at: datetime | None
    fetched_at: datetime

    @classmethod
    def of(cls, game: Any) -> GameState | None:
        """The state of a snapshot; None before the first."""
        if game is None or game.uid is None:
            return None
        return cls(total_spend=Money(game.total_spend, game.currency), **{name: getattr(game, name) for name in _GAME})


@dataclass(frozen=True, kw_only=True)
class PlayerFact(Event):
    """The state of a player after a change."""

    nickname: str | None
    wechat_id: str | None
    wechat_name: str | None
    agent_id: str | None
    wechat_account_id: str | None
    vip_tier: int
    registered: bool
    deleted: bool
    phone: str | None
    source: str
    tags: tuple[str, ...]
    custom: dict[str, Any]
    former_wechat_ids: tuple[str, ...]
    game: GameState | None
    last_contact_at: datetime | None
    created_at: datetime
    merged_into_id: str | None = None

    @classmethod
    def of(cls, player: Player, phones: Phones, *changed: str, **more: Any) -> Self:
        """The fact that this player is now as they are."""
        return cls(
            subject=player.id,
            entity_version=player.version,
            occurred_at=player.updated_at,
            changed=tuple(changed),
            phone=mask_phone(player.phone(phones)),
            tags=tuple(player.tags),
            former_wechat_ids=tuple(player.former["wechat_ids"]),
            game=GameState.of(player.game),
            **{name: getattr(player, name) for name in _STATE},
            **more,
        )


@fact("player.created.v1")
class PlayerCreated(PlayerFact):
    """A player was written down."""


@fact("player.updated.v1")
class PlayerUpdated(PlayerFact):
    """A player's contacts, names, source, note or custom fields were changed."""


@fact("player.deleted.v1")
class PlayerDeleted(PlayerFact):
    """A player was deleted; phone number and WeChat ID may be used again."""


@fact("player.erased.v1")
@dataclass(frozen=True, kw_only=True)
class PlayerErased(PlayerFact):
    """A player was erased for good: whoever keeps a copy takes out of it all that says who they were."""

    reason: str


@fact("player.tagged.v1")
class PlayerTagged(PlayerFact):
    """A player's tags were changed."""


@fact("player.bound.v1")
@dataclass(frozen=True, kw_only=True)
class PlayerBound(PlayerFact):
    """A player was bound to another agent, or to another of the agent's WeChat accounts."""

    agent_id_before: str | None
    reason: str


@fact("player.merged.v1")
@dataclass(frozen=True, kw_only=True)
class PlayerMerged(PlayerFact):
    """A player was merged into another, who is the same person and stays; told again where that one is merged further."""

    into_id: str
    reason: str


@fact("player.unmerged.v1")
@dataclass(frozen=True, kw_only=True)
class PlayerUnmerged(PlayerFact):
    """A merge was taken back: the player is one of their own again."""

    from_id: str
    reason: str


@fact("player.game_synced.v1")
class PlayerGameSynced(PlayerFact):
    """The game data of a player were fetched; `changed` names the game fields that are new."""


@fact("player.tier_changed.v1")
@dataclass(frozen=True, kw_only=True)
class PlayerTierChanged(PlayerFact):
    """A player's spend passed a threshold of the VIP tiers."""

    vip_tier_before: int


@fact("player.registered.v1")
class PlayerRegistered(PlayerFact):
    """A player who had left only a contact was seen in the game for the first time."""


@fact("bulk_reading.noticed.v1")
@dataclass(frozen=True, kw_only=True)
class BulkReadingNoticed(Event):
    """Somebody was shown more different players in 24 hours than a day's work explains; the subject is that person."""

    players: int


@fact("phone.revealed.v1")
@dataclass(frozen=True, kw_only=True)
class PhoneRevealed(Event):
    """Somebody was shown a player's whole phone number, which is not in the fact; the subject is the player."""

    reason: str
    expires_at: datetime

    @classmethod
    def of(cls, entry: PhoneReveal) -> PhoneRevealed:
        """The fact of one showing; who it was is the fact's actor."""
        return cls(
            subject=entry.player_id,
            entity_version=0,
            occurred_at=entry.at,
            reason=entry.reason,
            expires_at=entry.expires_at,
        )
