"""B6: the search box, by whatever is typed into it, against a read by key."""

from __future__ import annotations

from urllib.parse import quote

from chassis.data.search import initials
from tests.bench.compare import Measure, Result, Rounds
from tests.bench.stage import Stage

TYPED = 300


def _typed(stage: Stage) -> dict[str, list[str]]:
    """What is typed, kind by kind, for players the agent has."""
    mine = stage.mine[: TYPED * 8]
    spelled = [word for one in mine for word in initials(one.nickname) if len(word) >= 3 and word.isalpha()]
    han = [one.nickname[:2] for one in mine if all("\u3400" <= letter <= "\u9fff" for letter in one.nickname[:2])]
    return {
        "WeChat ID, six letters of it": [one.wechat_id[:6] for one in mine][:TYPED],
        "last four digits of a phone": [one.phone[-4:] for one in mine][:TYPED],
        "two Han characters": han[:TYPED],
        "pinyin initials": [word[:4] for word in spelled][:TYPED],
        "an old WeChat ID": [one.former for one in stage.mine if one.former][:TYPED],
    }


def search_box(stage: Stage) -> list[Result]:
    """B6: all through the gateway, four clients; p95 of each kind against the median of a player read by ID."""
    contenders: dict[str, Measure] = {
        "by key": stage.reading("gateway", [f"/api/v1/players/{one.id}" for one in stage.mine[:TYPED]])
    }
    for kind, typed in _typed(stage).items():
        contenders[kind] = stage.reading("gateway", [f"/api/v1/search?q={quote(text)}" for text in typed])
    rounds = Rounds(contenders, stage.sizes.rounds, warm=contenders["by key"])
    by_key = rounds.median("by key", "median")
    found = []
    for kind in list(contenders)[1:]:
        pairs = zip(rounds.samples[kind], rounds.samples["by key"], strict=True)
        ratio = sorted(ours.p95 / bare.median for ours, bare in pairs)[stage.sizes.rounds // 2]
        p95 = rounds.median(kind, "p95")
        found.append(
            Result(
                "B6",
                f"search: {kind}, p95",
                f"{p95:.1f} ms",
                f"{by_key:.1f} ms",
                ratio,
                "≤ 3",
                ratio <= 3,
                rounds.figures(),
            )
        )
    return found
