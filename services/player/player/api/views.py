"""Players, their game data and their bindings as JSON."""

from __future__ import annotations

from typing import Any

from chassis.callers import Caller
from chassis.clock import rfc3339, utc_now
from chassis.data.masking import mask_phone
from chassis.data.phones import Phones
from chassis.money import money_view
from player.api.sealed import sealed
from player.application.reveals import Ration
from player.domain.binding import Binding
from player.domain.game import UNKNOWN, GameSnapshot
from player.domain.player import Player
from player.domain.reveal import PhoneReveal
from player.settings import phones

_SEE = "player.phone.see"
_PLAIN = ("uid", "server", "nickname", "level", "vip_level", "roles")
_MOMENTS = ("last_pay_at", "last_login_at", "registered_at", "fetched_at", "next_attempt_at")


def player_view(player: Player, who: Caller) -> dict[str, Any]:
    """One player; the phone number masked unless the caller may see it."""
    return shown_player(player, who, phones())


def shown_player(player: Player, who: Caller, ring: Phones) -> dict[str, Any]:
    """The same wherever no application runs: in a job, too, a player leaves by this way alone."""
    number = player.phone(ring)
    return _view(player, who, number if _sees(who) else mask_phone(number))


def kept_player_view(player: Player, who: Caller) -> dict[str, Any]:
    """The same for answers that may be kept under an Idempotency-Key: a whole number is sealed until it leaves."""
    number = player.phone(phones())
    whole = number is not None and _sees(who)
    return _view(player, who, sealed(number, phones()) if number and whole else mask_phone(number))


def _sees(who: Caller) -> bool:
    """Whether the caller sees whole numbers; where they are masked in lists alone, the veil over the answer does it."""
    return who.may(_SEE) and who.fields.shows_whole("player.phone", listed=False)


def _view(player: Player, who: Caller, phone: str | None) -> dict[str, Any]:
    found = {
        "id": player.id,
        "phone": phone,
        "phone_visible": _sees(who),
        "wechat_id": player.wechat_id,
        "wechat_name": player.wechat_name,
        "nickname": player.nickname,
        "former": player.former,
        "source": player.source,
        "note": player.note,
        "agent_id": player.agent_id,
        "wechat_account_id": player.wechat_account_id,
        "vip_tier": player.vip_tier,
        "registered": player.registered,
        "tags": player.tags,
        "custom": player.custom,
        "member": player.member,
        "last_contact_at": rfc3339(player.last_contact_at),
        "game": game_view(player.game),
        "deleted": player.deleted,
        "merged_into_id": player.merged_into_id,
        "also_known": player.also_known,
        "created_at": rfc3339(player.created_at),
        "updated_at": rfc3339(player.updated_at),
        "version": player.version,
    }
    return found if player.match is None else {**found, "match": player.match}


def game_view(game: GameSnapshot | None) -> dict[str, Any]:
    """The last game data, their state and their age."""
    if game is None:
        return {"state": UNKNOWN, "error": None, "total_spend": None, **_NOTHING}
    return {
        "state": game.state(utc_now()),
        "error": game.error,
        "total_spend": money_view(game.total_spend, game.currency or "CNY"),
        **{name: getattr(game, name) for name in _PLAIN},
        **{name: rfc3339(getattr(game, name)) for name in _MOMENTS},
    }


_NOTHING: dict[str, Any] = {**dict.fromkeys((*_PLAIN, *_MOMENTS)), "roles": []}


def binding_view(binding: Binding) -> dict[str, Any]:
    """One span of one agent."""
    return {
        "agent_id": binding.agent_id,
        "wechat_account_id": binding.wechat_account_id,
        "reason": binding.reason,
        "from_at": rfc3339(binding.from_at),
        "until_at": rfc3339(binding.until_at),
        "by": binding.by,
    }


def reveal_view(number: str, entry: PhoneReveal, left: int) -> dict[str, Any]:
    """A whole number, how long it may be shown, and how many more the person may be shown today."""
    return {"phone": sealed(number, phones()), "expires_at": rfc3339(entry.expires_at), "left": left}


def ration_view(ration: Ration) -> dict[str, Any]:
    """How many numbers one may be shown in 24 hours, and what is left of them."""
    return {"limit": ration.limit, "left": ration.left, "again_at": rfc3339(ration.again_at)}
