"""B4, B5: the home page of a player, as JSON and as pages."""

from __future__ import annotations

import json

from tests.bench.client import CLIENTS, Sample, load, request
from tests.bench.compare import Measure, Result, Rounds, at_least
from tests.bench.stage import Stage

CALLS = {
    "player": "/api/v1/players?wechat_id={}&limit=1",
    "ticket": "/api/v1/ticket-summary?wechat_id={}",
    "sales": "/api/v1/sales-summary?wechat_id={}",
}
PLAYERS = 1000


def _bare_gateway(stage: Stage) -> Measure:
    """The floor asked to make the same calls at once."""

    def measure() -> Sample:
        raws = []
        for one in stage.mine[:PLAYERS]:
            calls = {
                name: {
                    "url": f"http://127.0.0.1:{stage.port(name)}{path.format(one.wechat_id)}",
                    "token": stage.token(name),
                }
                for name, path in CALLS.items()
            }
            raws.append(request("POST", "/calls", {}, json.dumps(calls).encode()))
        return load(stage.port("floor"), lambda index: raws[index % len(raws)], stage.sizes.seconds, CLIENTS)

    return measure


def home_as_json(stage: Stage) -> list[Result]:
    """B4: rates by four clients; the times of single calls by one."""
    handles = [one.wechat_id for one in stage.mine[:PLAYERS]]
    paths = [f"/api/v1/home?wechat_id={handle}" for handle in handles]
    contenders: dict[str, Measure] = {"home": stage.reading("gateway", paths), "bare gateway": _bare_gateway(stage)}
    contenders["home, one"] = stage.reading("gateway", paths, 1)
    for name, path in CALLS.items():
        contenders[name] = stage.reading(name, [path.format(handle) for handle in handles], 1)
    rounds = Rounds(contenders, stage.sizes.rounds, warm=contenders["home"])
    slowest = max(CALLS, key=lambda name: rounds.median(name, "median"))
    ratio = rounds.ratio("home, one", slowest, "median")
    ours, call = rounds.median("home, one", "median"), rounds.median(slowest, "median")
    words = f"home by WeChat ID, median against its slowest call ({slowest})"
    return [
        at_least("B4", "home by WeChat ID against a bare gateway", rounds, "home", "bare gateway", 0.5),
        Result("B4", words, f"{ours:.1f} ms", f"{call:.1f} ms", ratio, "≤ 1.5", ratio <= 1.5),
        Result(
            "B4",
            "home by WeChat ID",
            f"{rounds.median('home'):.0f}/s",
            "",
            None,
            "≥ 100/s",
            rounds.median("home") >= 100,
        ),
    ]


def home_as_page(stage: Stage) -> list[Result]:
    """B5: the whole page with a player chosen, and the fragments of one selection; both against home as JSON."""
    ids = [one.id for one in stage.mine[:PLAYERS]]
    contenders = {
        "json": stage.reading("gateway", [f"/api/v1/home?player_id={key}" for key in ids]),
        "page": stage.reading("gateway", [f"/?player={key}" for key in ids]),
        "fragments": stage.reading("gateway", [f"/home/player/{key}" for key in ids]),
    }
    rounds = Rounds(contenders, stage.sizes.rounds, warm=contenders["page"])
    return [
        at_least("B5", "home as a whole page against home as JSON", rounds, "page", "json", 0.8),
        at_least("B5", "home as fragments against home as JSON", rounds, "fragments", "json", 0.8),
    ]
