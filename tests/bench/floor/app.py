"""Bare endpoints: insert a row, select a row by its key, select and render 50, and ask three services at once."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import urllib3
from flask import Flask, Response, jsonify, render_template, request
from sqlalchemy import MetaData, Table, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Session

from tests.bench.floor.tables import SCHEMA


def make_floor(database_url: str) -> Flask:
    """An application of the kind one writes in an afternoon."""
    app = Flask(__name__)
    engine = create_engine(database_url, pool_size=8)
    ticket, player = _mapped(engine)
    engine.dispose()
    _add_tickets(app, engine, ticket, player)
    _add_gateway(app)
    return app


def _mapped(engine: Any) -> tuple[Any, Any]:
    """Classes for the bare tables, as they are found in the database."""
    metadata = MetaData(schema=SCHEMA)

    class Base(DeclarativeBase):
        pass

    class Ticket(Base):
        __table__ = Table("tickets", metadata, autoload_with=engine)

    class Player(Base):
        __table__ = Table("player_copies", metadata, autoload_with=engine)

    return Ticket, Player


def _add_tickets(app: Flask, engine: Any, ticket: Any, player: Any) -> None:
    names = [column.name for column in ticket.__table__.columns if column.name != "words"]

    def shown(row: Any) -> dict[str, Any]:
        return {name: getattr(row, name) for name in names}

    @app.post("/tickets")
    def create() -> Any:
        now, key = datetime.now(UTC), uuid.uuid4()
        row = ticket(
            id=key, version=1, created_at=now, updated_at=now, no=f"T{key.hex[:18]}", solution="", status="pending",
            waiting=False, line=1, reopen_count=0, due_at=now + timedelta(hours=4), words=[], **request.get_json(),
        )  # fmt: skip
        with Session(engine, expire_on_commit=False) as session:
            session.add(row)
            session.commit()
        return jsonify(shown(row)), 201

    @app.get("/tickets/<key>")
    def read(key: str) -> Any:
        with Session(engine) as session:
            return jsonify(shown(session.get_one(ticket, uuid.UUID(key))))

    def fifty(assignee: str) -> list[dict[str, Any]]:
        query = select(ticket, player.nickname).join(player, player.id == ticket.player_id)
        query = query.where(ticket.assignee_id == uuid.UUID(assignee), ticket.status != "done")
        with Session(engine) as session:
            rows = session.execute(query.order_by(ticket.due_at, ticket.id).limit(50))
            return [{**shown(row), "nickname": nickname} for row, nickname in rows]

    @app.get("/tickets-of/<assignee>")
    def listed(assignee: str) -> Any:
        return jsonify(items=fifty(assignee))

    @app.get("/tickets-page/<assignee>")
    def page(assignee: str) -> Any:
        return render_template("tickets.html", tickets=fifty(assignee))


def _add_gateway(app: Flask) -> None:
    pool = urllib3.PoolManager(maxsize=16, retries=False)
    threads = ThreadPoolExecutor(48)

    def ask(call: dict[str, str]) -> Any:
        answer = pool.request("GET", call["url"], headers={"Authorization": f"Bearer {call['token']}"})
        return orjson.loads(answer.data)

    @app.post("/calls")
    def calls() -> Any:
        """The calls the body names, all at once; their answers in one object."""
        named = orjson.loads(request.get_data())
        answers = dict(zip(named, threads.map(ask, named.values()), strict=True))
        return Response(orjson.dumps(answers), content_type="application/json")
