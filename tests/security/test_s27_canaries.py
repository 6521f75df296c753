"""S27: 500 known phone numbers, typed and searched for everywhere, are found nowhere by a plain agent, nor at rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from logging import getLogger

import psycopg
import pytest

from tests.security.expected_pages import PAGES
from tests.security.test_s01_s02_pages import address, rules
from tests.security.test_s22_malformed import operations
from tests.support.rows_in_suite import Rows
from tests.support.suite_in_process import InProcessSuite, kept_logs, rows_of

NUMBERS = [f"139{17_000_000 + 7919 * n:08d}" for n in range(500)]
_RUNS = re.compile(r"\d{11,}")


@pytest.fixture(scope="module")
def lines() -> Iterator[list[str]]:
    """What all processes log from now on."""
    with kept_logs() as found:
        yield found


@pytest.fixture(scope="module")
def canaries(suite: InProcessSuite, rows: Rows, lines: list[str]) -> list[str]:
    """500 players of A001 with known numbers; some of them in every place such a number is typed or searched for."""
    agent = suite.api("A001")
    for index, number in enumerate(NUMBERS):
        player = agent.made(
            "/players", {"phone": number, "nickname": f"金丝雀{index}", "wechat_id": f"canary_{index}"}, key=f"c{index}"
        )
        if index < 5:
            agent.made(f"/players/{player['id']}/game-snapshot", None)
            agent.post("/players", {"phone": number})
            moved = agent.patch(f"/players/{player['id']}", {"phone": f"+86 {number}"}, version=player["version"])
            assert moved.status_code in (200, 412)
            agent.made("/tickets", {"player_id": player["id"], "question": "号码的问题"})
            session = agent.made(
                "/sessions", {"player_id": player["id"], "channel": "phone", "contact": f"来电 {number}"}
            )
            agent.made(f"/sessions/{session['id']}/messages", {"author": "player", "text": f"打 {number} 找我"})
            agent.get("/players", query_string={"phone": number})
            agent.get("/players", query_string={"q": number, "nope": number})
            agent.get("/search", query_string={"q": number})
            agent.get(f"/players/{number}")
            suite.nobody().get("/players", query_string={"phone": number})
    suite.pump()
    return NUMBERS


def leaks(text: str) -> set[str]:
    """Which numbers stand in a text, in any of their forms."""
    plain = re.sub(r"(?<=\d)[ \-\u2011.](?=\d)", "", text)
    runs = {run[at : at + 11] for found in (text, plain) for run in _RUNS.findall(found) for at in range(len(run) - 10)}
    return runs & set(NUMBERS)


def test_a_number_in_any_form_would_be_noticed():
    number = NUMBERS[3]
    one, two, three = number[:3], number[3:7], number[7:]
    for form in (
        number,
        f"+86{number}",
        f"0086{number}",
        f"{one}-{two}-{three}",
        f"{one} {two} {three}",
        f"7{number}9",
    ):
        assert leaks(f'{{"phone": "{form}"}}') == {number}, form
    assert leaks(f"{one}****{three}") == set()


def test_no_canary_is_found_by_a_plain_agent(suite: InProcessSuite, rows: Rows, canaries: list[str], figure):
    api, browser, found, count = suite.api("A001"), suite.pages("A001"), [], 0
    players = api.everything("/players")
    assert {f"canary_{index}" for index in range(len(canaries))} <= {player["wechat_id"] for player in players}
    found += [f"/players: {number}" for number in leaks(str(players))]
    for player in players[:3]:
        for name in operations(suite):
            method, _, path = name.partition(" ")
            if method != "GET" or ("{" in path and "{player_id}" not in path):
                continue
            path = path.replace("{player_id}", player["id"])
            query = (
                {"player_id": player["id"]}
                if path in ("/home", "/ticket-summary", "/sales-summary")
                else {"limit": 200}
            )
            for options in (query, {}, {**query, "q": "金丝雀"}):
                count += 1
                answer = api.get(path, query_string=options)
                found += [f"{path}: {number}" for number in leaks(answer.text + str(answer.headers))]
        for path in (
            f"/?player={player['id']}",
            f"/players/{player['id']}",
            f"/home/player/{player['id']}",
            f"/players/{player['id']}/edit",
        ):
            for headers in ({}, {"HX-Request": "true"}):
                count += 1
                found += [f"{path}: {number}" for number in leaks(browser.get(path, headers=headers).text)]
    for name, rule in rules(suite).items():
        if name.startswith("GET") and PAGES[name] != "public":
            count += 1
            found += [f"{name}: {number}" for number in leaks(browser.get(address(rule, rows, "A001")).text)]
    figure("S27 answers", numbers=len(canaries), answers=count, leaks=len(found))
    assert not found, "\n".join(sorted(set(found))[:20])


def test_no_canary_stands_in_a_fact_a_log_line_or_a_table(
    suite: InProcessSuite, rows: Rows, canaries: list[str], lines: list[str], figure
):
    found, count = [], 0
    for name in suite.runtimes():
        tables = rows_of(
            suite, name, "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        for (table,) in tables:
            for row in rows_of(suite, name, f'SELECT r::text FROM "{table}" r'):
                count += 1
                found += [f"{name}.{table}: {number}" for number in leaks(row[0])]
    with psycopg.connect(suite.gateway_runtime.settings.bus_url.replace("+psycopg", "")) as bus:
        for (message,) in bus.execute("SELECT m::text FROM bus_messages m"):
            count += 1
            found += [f"bus: {number}" for number in leaks(message)]
    for name, app in {**{name: one.app for name, one in suite.services.items()}, "gateway": suite.gateway}.items():
        found += [f"figures of {name}: {number}" for number in leaks(app.test_client().get("/metrics").text)]
    with kept_logs() as said:
        getLogger("careless").warning("a careless line: phone=%s path=/players?phone=%s", canaries[0], canaries[1])
    assert [line for line in said if "a careless line" in line], "what is logged is not kept, so nothing is proved"
    lines += said
    found += [f"log: {line[:200]}" for line in lines if leaks(line)]
    figure("S27 at rest", rows=count, log_lines=len(lines), leaks=len(found))
    assert not found, "\n".join(sorted(set(found))[:20])


def test_a_supervisor_sees_the_number_and_an_agent_after_a_reason(
    suite: InProcessSuite, rows: Rows, canaries: list[str]
):
    agent = suite.api("A001")
    player = agent.get("/players", query_string={"phone": canaries[10]}).json["items"][0]
    assert player["phone"] == f"{canaries[10][:3]}****{canaries[10][-4:]}"
    assert suite.api("M001").get(f"/players/{player['id']}").json["phone"] == f"+86{canaries[10]}"
    assert agent.made(f"/players/{player['id']}/phone-reveals", {"reason": "回访"})["phone"] == f"+86{canaries[10]}"
