"""Players who were merged, and the survivor they belong to: who they are, and how they are locked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.data.unit_of_work import UnitOfWork
from player.domain.merge import Merge
from player.domain.player import Player

_ONE_AT_A_TIME = 7_301_501  # the advisory lock of merging: rare work, and so no two can cross


def hold(session: Session) -> None:
    """From here to the end of the transaction nobody else merges, or takes a merge back."""
    session.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))


def lock_all(session: Session, *ids: str) -> None:
    """Lock these players and everybody merged into them, in the order of their IDs, as everybody locks several.

    Nobody merges meanwhile: who belongs to whom stays as it is until the end of the transaction.
    """
    hold(session)
    whole = select(Player.id).where(Player.id.in_(ids) | Player.merged_into_id.in_(ids))
    session.execute(whole.order_by(Player.id).with_for_update(of=Player))


def has_members(session: Session, player_id: str) -> bool:
    """Whether anybody was merged into this player."""
    return session.scalar(select(Player.id).where(Player.merged_into_id == player_id).limit(1)) is not None


def members(session: Session, player_id: str) -> Sequence[Player]:
    """Everybody merged into this player, however many merges away; locked together with them by whoever writes."""
    query = select(Player).where(Player.merged_into_id == player_id).order_by(Player.id)
    return session.scalars(query, execution_options={"populate_existing": True}).all()


def direct_merges(session: Session, into_id: str) -> Sequence[Merge]:
    """The merges into just this player that stand, in the order they were made."""
    standing = (Merge.into_id == into_id) & Merge.undone_at.is_(None)
    return session.scalars(select(Merge).where(standing).order_by(Merge.at, Merge.id)).all()


def standing_merge(session: Session, player_id: str) -> Merge:
    """The merge by which a merged player went."""
    standing = (Merge.player_id == player_id) & Merge.undone_at.is_(None)
    return session.scalars(select(Merge).where(standing)).one()


def history(session: Session, player_id: str) -> Sequence[Merge]:
    """Every merge of the player and of whoever is merged into them, newest first; those taken back too."""
    group = select(Player.id).where((Player.id == player_id) | (Player.merged_into_id == player_id))
    query = select(Merge).where(Merge.player_id.in_(group) | (Merge.into_id == player_id))
    return session.scalars(query.order_by(Merge.at.desc(), Merge.id.desc()).limit(200)).all()


def named(uow: UnitOfWork, ids: Iterable[str]) -> dict[str, Player]:
    """Those of these players whom the caller reaches, by ID; whoever was merged is reached with the survivor alone."""
    found = uow.session.scalars(select(Player).where(Player.id.in_(ids))).all()
    survivors = {one.merged_into_id or one.id for one in found}
    within = uow.select(Player).with_only_columns(Player.id).where(Player.id.in_(survivors))
    reached = set(uow.session.scalars(within))
    return {one.id: one for one in found if (one.merged_into_id or one.id) in reached}


def parted(session: Session, ids: Sequence[str]) -> Sequence[Player]:
    """Living players who were one with these for a time and are not any more."""
    gone = select(Merge.into_id).where(Merge.player_id.in_(ids), Merge.undone_at.is_not(None))
    stayed = select(Merge.player_id).where(Merge.into_id.in_(ids), Merge.undone_at.is_not(None))
    others = Player.id.in_(gone.union(stayed)) & Player.id.not_in(ids) & Player.deleted.is_(False)
    return session.scalars(select(Player).where(others).order_by(Player.id).with_for_update(of=Player)).all()
