"""Rows of search keys, kept as players change."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from player.domain.names import handle_key
from player.domain.player import Player
from player.domain.search_key import FORMER_WECHAT_ID, GAME_UID, SearchKey


def keep_former_handles(session: Session, player: Player) -> None:
    """Let the player be found by every former WeChat ID, and by those of whoever was merged into them."""
    handles = [*player.former["wechat_ids"], *player.also_known.get("wechat_ids", ())]
    _replace(session, player.id, FORMER_WECHAT_ID, [handle_key(value) for value in handles])


def keep_game_uid(session: Session, player: Player) -> None:
    """Let the player be found by the UID of the last snapshot, and by those of whoever was merged into them."""
    uids = {player.game.uid if player.game is not None else None, *player.also_known.get("game_uids", ())}
    _replace(session, player.id, GAME_UID, [handle_key(uid) for uid in uids if uid])


def forget(session: Session, player_id: str) -> None:
    """Let the player be found by nothing any more."""
    session.execute(delete(SearchKey).where(SearchKey.player_id == player_id))


def _replace(session: Session, player_id: str, kind: str, keys: list[str]) -> None:
    others = (SearchKey.player_id == player_id) & (SearchKey.kind == kind) & SearchKey.key.not_in(keys)
    session.execute(delete(SearchKey).where(others), execution_options={"synchronize_session": False})
    if keys:
        rows = [{"player_id": player_id, "kind": kind, "key": key} for key in sorted(set(keys))]
        session.execute(insert(SearchKey.__table__).on_conflict_do_nothing(), rows)  # type: ignore[arg-type]
