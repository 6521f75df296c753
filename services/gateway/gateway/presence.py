"""Who else looks at the same player just now (G12): said every quarter of a minute, forgotten after three."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, render_template
from sqlalchemy import Index, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import Id, Instant
from chassis.data.unit_of_work import UnitOfWork
from gateway.identity.account import runtime
from gateway.identity.base import Base
from gateway.identity.current import current
from gateway.identity.staff import Staff
from gateway.policies import requires

SEEN_FOR = timedelta(seconds=45)
blueprint = Blueprint("presence", __name__)


class Presence(Base):
    """Somebody has a record open."""

    __tablename__ = "presence"

    entity: Mapped[str] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[str] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (Index("ix_presence_at", "at"), {"prefixes": ["UNLOGGED"]})


@blueprint.post("/presence/<uuid:entity>")
@requires("player.read")
def look(entity: str) -> str:
    """Say that I look at it; returns who else does."""
    work = runtime().work(current.caller)
    with work.session:
        others = seen(work, str(entity))
        work.commit()
    return render_template("shell/_presence.html", others=others)


def seen(work: UnitOfWork, entity: str) -> list[str]:
    """Note the caller down and return the staff numbers of the others."""
    values = {"entity": entity, "staff_id": work.caller.id, "at": work.now()}
    note = insert(Presence).values(**values)
    work.session.execute(note.on_conflict_do_update(index_elements=["entity", "staff_id"], set_={"at": work.now()}))
    others = select(Staff.no).join(Presence, Presence.staff_id == Staff.id).order_by(Staff.no)
    here = (Presence.entity == entity, Presence.staff_id != work.caller.id, Presence.at > work.now() - SEEN_FOR)
    return list(work.session.scalars(others.where(*here).limit(5)))


def forget(work: UnitOfWork) -> None:
    """Remove who has gone; run by a timer."""
    work.session.execute(delete(Presence).where(Presence.at < work.now() - SEEN_FOR))
