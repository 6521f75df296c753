"""B1 to B3: create a ticket, read one; in the service and through the gateway."""

from __future__ import annotations

import json
import uuid

from tests.bench.client import CLIENTS, Sample, load, request
from tests.bench.compare import Measure, Result, Rounds, at_least, at_most
from tests.bench.stage import Stage

QUESTION = "充值之后钻石没有到账，订单号在截图里，已经等了半个小时，麻烦尽快帮忙查询一下"


def _creating(stage: Stage, name: str, clients: int = CLIENTS) -> Measure:
    """POSTs of new tickets for the agent's players, each under a key of its own."""

    def measure() -> Sample:
        headers, path = stage.headers(name), "/tickets" if name == "floor" else "/api/v1/tickets"

        def make(index: int) -> bytes:
            fields = {"player_id": stage.mine[index % len(stage.mine)].id, "question": QUESTION, "category": "recharge"}
            fields |= {"priority": "high"} | (bare if name == "floor" else {})
            body = json.dumps(fields, ensure_ascii=False).encode()
            return request("POST", path, {**headers, "Idempotency-Key": uuid.uuid4().hex}, body)

        return load(stage.port(name), make, stage.sizes.seconds, clients)

    bare = {"created_by": stage.caller.id, "assignee_id": stage.caller.id, "department_id": stage.caller.department_id}
    return measure


def _tickets_of_mine(stage: Stage) -> list[str]:
    with stage.suite.postgres.connect("ticket") as connection:
        query = "SELECT id FROM tickets WHERE assignee_id = %s AND version IN (1, 3) ORDER BY created_at LIMIT 2000"
        return [str(row[0]) for row in connection.execute(query, (stage.caller.id,))]


def create_in_the_service(stage: Stage) -> list[Result]:
    """B1."""
    contenders = {"ours": _creating(stage, "ticket"), "floor": _creating(stage, "floor")}
    rounds = Rounds(contenders, stage.sizes.rounds, warm=lambda: [one() for one in contenders.values()])
    return [at_least("B1", "create a ticket in its service", rounds, "ours", "floor", 0.6)]


def read_in_the_service(stage: Stage) -> list[Result]:
    """B2."""
    ids = _tickets_of_mine(stage)
    contenders = {
        "ours": stage.reading("ticket", [f"/api/v1/tickets/{key}" for key in ids]),
        "floor": stage.reading("floor", [f"/tickets/{key}" for key in ids]),
    }
    rounds = Rounds(contenders, stage.sizes.rounds, warm=lambda: [one() for one in contenders.values()])
    return [at_least("B2", "read a ticket in its service", rounds, "ours", "floor", 0.7)]


def through_the_gateway(stage: Stage) -> list[Result]:
    """B3: the rates by four clients; what the hop adds, by one, so that nobody stands in line."""
    paths = [f"/api/v1/tickets/{key}" for key in _tickets_of_mine(stage)]
    contenders: dict[str, Measure] = {
        "create, gateway": _creating(stage, "gateway"),
        "create, service": _creating(stage, "ticket"),
        "read, gateway": stage.reading("gateway", paths),
        "read, service": stage.reading("ticket", paths),
        "create, gateway, one": _creating(stage, "gateway", 1),
        "create, service, one": _creating(stage, "ticket", 1),
        "read, gateway, one": stage.reading("gateway", paths, 1),
        "read, service, one": stage.reading("ticket", paths, 1),
    }
    rounds = Rounds(contenders, stage.sizes.rounds, warm=contenders["create, gateway"])
    found = []
    for work in ("create", "read"):
        found.append(
            at_least("B3", f"{work} a ticket through the gateway", rounds, f"{work}, gateway", f"{work}, service", 0.6)
        )
        added = rounds.median(f"{work}, gateway, one", "median") - rounds.median(f"{work}, service, one", "median")
        found.append(at_most("B3", f"the hop adds to a {work}, at the median", added, "ms", 4))
    return found
