"""The game server's HTTP side: the contract, the ways to misbehave, and the controls for tests."""

from __future__ import annotations

import socket
import threading
import time
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from flask import Flask, Response, abort, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from deploy.local.game.signature import SIGNATURE, TIMESTAMP, refusal
from deploy.local.game.world import MODES, World

PAGE = 100
NONSENSE = "<!doctype html><title>502</title><h1>服务器维护中</h1>"
WRONG = {"uid": 17, "nickname": ["?"], "level": "ninety", "total_spend": "lots", "currency": None, "roles": "none"}


def create_app(secret: str, world: World | None = None) -> Flask:
    """The stand-in as a WSGI application; `app.extensions["world"]` is what it knows."""
    app = Flask("game_server")
    world = app.extensions["world"] = world or World()
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    _add_contract(app, world)
    _add_controls(app, world)

    @app.before_request
    def check() -> Any:
        if not request.path.startswith("/v1/"):
            return None
        target = str(request.environ.get("REQUEST_URI") or request.full_path.rstrip("?"))
        given = (request.headers.get(TIMESTAMP), request.headers.get(SIGNATURE))
        reason = refusal(secret, *given, request.method, target, request.get_data())
        return _error(401, reason) if reason else _misbehave(world.mode_for(request.path), world.delay_seconds)

    @app.errorhandler(HTTPException)
    def explain(problem: HTTPException) -> Any:
        return _error(problem.code or 500, str(problem.description))

    return app


def _add_contract(app: Flask, world: World) -> None:
    @app.get("/v1/players")
    def player() -> Any:
        found = world.player(request.args.get("phone", ""))
        return jsonify(found) if found else _error(404, "no_such_player")

    @app.get("/v1/items")
    def items() -> Any:
        page, cursor = world.items_page(request.args.get("cursor", ""), PAGE)
        return jsonify(items=page, next_cursor=cursor)

    @app.post("/v1/deliveries")
    def deliver() -> Any:
        order, key = request.get_json(), request.headers.get("Idempotency-Key")
        if not key or not isinstance(order, dict) or not {"order_no", "uid", "items"} <= order.keys():
            abort(422, "order_no, uid, items and an Idempotency-Key are needed")
        status, answer = world.deliver(key, order, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        return answer, status


def _add_controls(app: Flask, world: World) -> None:
    """Not part of the contract: how tests and the tour tell the stand-in what to do."""

    @app.get("/healthz")
    def healthz() -> Any:
        return {"status": "ok"}

    @app.get("/control")
    def state() -> Any:
        return world.state()

    @app.post("/control")
    def behave() -> Any:
        told = dict(request.get_json())
        if told.get("mode") not in MODES or not told.keys() <= {"mode", "delay_seconds", "only", "times"}:
            abort(422, f"mode is one of {', '.join(MODES)}; besides it delay_seconds, only, times")
        world.behave(**told)
        return world.state()

    @app.delete("/control")
    def reset() -> Any:
        world.reset()
        return world.state()

    @app.post("/control/prices")
    def put_prices() -> Any:
        for game_item_id, price in request.get_json().items():
            world.put_item(game_item_id, {"price": _price(price)})
        return {"changed": len(request.get_json())}

    @app.post("/control/items")
    def put_items() -> Any:
        for game_item_id, values in request.get_json().items():
            world.put_item(game_item_id, values)
        return {"changed": len(request.get_json())}

    @app.post("/control/players")
    def put_players() -> Any:
        for phone, values in request.get_json().items():
            world.put_player(phone, values)
        return {"changed": len(request.get_json())}


def _misbehave(mode: str, delay_seconds: float) -> Any:
    """The answer of a mode, or None to answer as the contract says."""
    time.sleep(delay_seconds)
    if mode == "drop":
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    answers: dict[str, Any] = {
        "down": lambda: _error(503, "down"),
        "error": lambda: _error(500, "error"),
        "refused": lambda: _error(401, "signature_wrong"),
        "limited": lambda: _error(429, "limited", {"Retry-After": "30"}),
        "drop": lambda: Response(status=500),
        "nonsense": lambda: Response(NONSENSE, content_type="application/json"),
        "empty": lambda: Response(b"", content_type="application/json"),
        "wrong_types": lambda: jsonify({**WRONG, "items": [WRONG], "next_cursor": 0}),
        "missing_fields": lambda: jsonify(uid="1", items=[{"name": "?"}]),
        "huge": lambda: Response(b'{"uid":"' + b"9" * 30_000_000 + b'"}', content_type="application/json"),
    }
    return answers[mode]() if mode in answers else None


def _price(text: Any) -> str:
    try:
        return f"{Decimal(str(text)):.2f}"
    except InvalidOperation:
        abort(422, f"{text!r} is no price")


def _error(status: int, code: str, headers: dict[str, str] | None = None) -> Any:
    return jsonify(error=code), status, headers or {}


class _Quiet(WSGIRequestHandler):
    """Keeps connections open and writes no line per request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None: ...


class GameServer:
    """The stand-in inside this process, on a thread: `with GameServer(secret) as game: game.url`."""

    def __init__(self, secret: str, port: int = 0, host: str = "127.0.0.1"):
        self.world, self.secret = World(), secret
        app = create_app(secret, self.world)
        self._server: BaseWSGIServer = make_server(host, port, app, threaded=True, request_handler=_Quiet)
        self.url = f"http://{host}:{self._server.server_port}"

    def serve(self) -> None:
        """Answer until `stop` is called or the process ends."""
        self._server.serve_forever()

    def start(self) -> GameServer:
        threading.Thread(target=self.serve, name="game-server", daemon=True).start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
