"""The game's data come to a player: asked for outside any transaction, kept in one of its own (P3)."""

from __future__ import annotations

from collections.abc import Callable

from chassis.data.phones import Phones
from chassis.data.unit_of_work import UnitOfWork
from chassis.rules import NotFound
from player.application.players import locked, standing
from player.domain.errors import NoPhone, PlayerMerged
from player.domain.game import NOT_FOUND, GameData, GameFailed, GameSnapshot, delay_after
from player.domain.player import Player
from player.persistence import jobs, search_keys

Ask = Callable[[str], GameData | None]
Outcome = GameData | GameFailed


def ask_for(phone: str, ask: Ask) -> Outcome:
    """What the game server says of a phone number (E.164); never raises GameFailed, but returns it."""
    try:
        return ask(phone) or GameFailed(NOT_FOUND)
    except GameFailed as failure:
        return failure


def fetch_now(uow: UnitOfWork, player_id: str, *, ask: Ask, phones: Phones) -> Player:
    """Fetch a player's game data while the caller waits; where that fails it is left to the job.

    No transaction is open while the game server is asked. Raises NotFound, PlayerMerged, NoPhone.
    """
    phone = standing(uow, player_id).phone(phones)
    if phone is None:
        raise NoPhone()
    uow.session.rollback()
    outcome = ask_for(phone, ask)
    player = locked(uow, player_id, None)
    keep(uow, player, phone, outcome, phones=phones, attempts=1)
    return player


def phone_to_ask(uow: UnitOfWork, player_id: str, phones: Phones) -> str | None:
    """The phone number of a job's player; the job is dropped where there is none any more, or the player was merged."""
    try:
        phone = standing(uow, player_id).phone(phones)
    except (NotFound, PlayerMerged):
        phone = None
    if phone is None:
        jobs.forget(uow.session, player_id)
    return phone


def keep(uow: UnitOfWork, player: Player, phone: str, outcome: Outcome, *, phones: Phones, attempts: int) -> None:
    """Keep what came of asking for `phone` on a locked player; after a failure the next attempt is set."""
    if player.phone(phones) != phone:
        return  # it was changed while the game server was asked; a job for the new one is waiting
    if isinstance(outcome, GameData):
        uid = player.game.uid if player.game is not None else None
        uow.publish(player.play(outcome, phones, uow.now()))
        if outcome.uid != uid:
            search_keys.keep_game_uid(uow.session, player)
        jobs.forget(uow.session, player.id)
        return
    again = uow.now() + delay_after(outcome.code, attempts)
    player.game = player.game or GameSnapshot(player_id=player.id, roles=[])
    player.game.fail(outcome.code, uow.now(), again)
    jobs.schedule(uow.session, player.id, again, urgent=True, attempts=attempts)


def refresh_vips(uow: UnitOfWork) -> None:
    """Queue the big spenders whose data have become stale; run by a timer."""
    jobs.schedule_stale(uow.session, uow.now())
