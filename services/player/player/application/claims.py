"""Phone numbers and WeChat IDs are unique; of players who are one person, the survivor holds each first (P2, P4, P13).

Whoever was merged keeps number and ID in their own row. What the survivor has too is looked for, and kept unique, there
alone; what only a merged player has is held by their row, so that nobody else can take it, and leads to the survivor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chassis.data.phones import Phones
from chassis.data.unit_of_work import UnitOfWork
from player.domain.names import handle_key
from player.domain.player import Player


def release(uow: UnitOfWork, members: Iterable[Player]) -> None:
    """Let merged players hold nothing, so that another of the same person can hold it; `claim` follows."""
    for one in members:
        one.phone_index = one.phone_tail_index = one.wechat_key = None
    uow.session.flush()


def claim(uow: UnitOfWork, survivor: Player, members: Sequence[Player], phones: Phones) -> None:
    """Let each hold what nobody before them holds, the survivor first. Raises ContactMissing of the survivor."""
    survivor.keep_contact()
    held: set[tuple[str, str]] = set()
    for one in (survivor, *members):
        for kind, value in contacts([one], phones) - held:
            if kind == "phone":
                one.phone_index, one.phone_tail_index = phones.index(value), phones.tail_index(value)
            else:
                one.wechat_key = value
        held |= contacts([one], phones)
    uow.session.flush()


def contacts(players: Sequence[Player], phones: Phones) -> set[tuple[str, str]]:
    """Every ("phone", E.164) and ("wechat_id", as it is compared) of these players."""
    numbers = {("phone", number) for one in players if (number := one.phone(phones))}
    return numbers | {("wechat_id", handle_key(one.wechat_id)) for one in players if one.wechat_id}
