"""S26: whoever reads a company's players one after the other sets off an alarm and is held back long before the end."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

import pytest

from chassis.clock import new_id
from player.application import readings as reading
from player.application.readings import BATCH, Readings, forget_readings
from player.domain.errors import TooManyRead
from tests.player.lobby import BIND, DELETE, READ, UPDATE, Lobby, new_phone

PLAYERS, ALARM, LIMIT = 10_000, 2_000, 5_000
FILL = """
    INSERT INTO players (id, version, created_at, updated_at, wechat_id, wechat_key, former, source, note, agent_id, vip_tier,
        registered, tags, custom, deleted, edited_version, terms, names)
    SELECT gen_random_uuid(), 1, now() - n * interval '1 second', now(), 'bulk_' || n, 'bulk_' || n, '[]', 'other', '',
        '{agent}', 0, false, '{{}}', '{{}}', false, 1, '{{}}', '' FROM generate_series(1, {count}) n
"""
PROCESS = "player_readings"


@pytest.fixture
def crowd(lobby: Lobby) -> Iterator[Lobby]:
    """10,000 players of the agent's; what the process remembers of earlier tests is none of this one's."""
    with lobby.service.runtime.database.engine.begin() as connection:
        connection.exec_driver_sql(FILL.format(agent=lobby.agent.id, count=PLAYERS))
    yield lobby
    with lobby.service.runtime.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM players WHERE wechat_id LIKE 'bulk%%'")
        connection.exec_driver_sql("DELETE FROM player_readings")
    lobby.service.app.extensions.pop(PROCESS, None)


def read_on(lobby: Lobby, person) -> tuple[int, object]:
    """(different players shown until the end or a refusal, the last answer)."""
    seen: set[str] = set()
    cursor: str | None = ""
    answer = None
    while cursor is not None:
        answer = person.get("/players", query_string={"limit": 200, **({"cursor": cursor} if cursor else {})})
        if answer.status_code != 200:
            break
        seen |= {player["id"] for player in answer.json["items"]}
        cursor = answer.json["next_cursor"]
    return len(seen), answer


def alarms(lobby: Lobby, staff_id: str) -> list[int]:
    query = "SELECT data FROM outbox WHERE subject = :id AND type = 'bulk_reading.noticed.v1'"
    return [row.data["players"] for row in lobby.rows(query, id=staff_id)]


def test_an_agent_who_reads_ten_thousand_players_is_told_of_and_held_back(crowd: Lobby, figure):
    started = perf_counter()
    shown, answer = read_on(crowd, crowd.agent)
    seconds = perf_counter() - started
    figure("S26", players=PLAYERS, shown=shown, alarm_at=alarms(crowd, crowd.agent.id), held_after_s=f"{seconds:.1f}")
    assert LIMIT <= shown <= LIMIT + 200 + BATCH
    assert (answer.status_code, answer.json["code"], answer.json["limit"]) == (429, "too_many_read", LIMIT)
    assert 80_000 < int(answer.headers["Retry-After"]) <= 86_400
    (at,) = alarms(crowd, crowd.agent.id)
    assert ALARM < at <= ALARM + 200 + BATCH
    one = crowd.a_player()
    assert crowd.agent.get(f"/players/{one['id']}").status_code == 429, "one by one is no way around"
    assert crowd.boss.get(f"/players/{one['id']}").status_code == 200, "others go on"


def test_another_process_holds_the_same_person_back(crowd: Lobby):
    read_on(crowd, crowd.agent)
    elsewhere = Readings(crowd.service.runtime, ALARM, LIMIT)
    caller = crowd.agent.caller
    elsewhere.must_not_be_held(caller)
    elsewhere.note(caller, (new_id() for _ in range(BATCH)))
    with pytest.raises(TooManyRead):
        elsewhere.must_not_be_held(caller)


def test_whoever_may_export_is_told_of_and_not_held_back(crowd: Lobby):
    boss = crowd.service.person(READ, "player.export", scope="all")
    shown, answer = read_on(crowd, boss)
    assert answer.status_code == 200
    assert shown >= PLAYERS
    assert len(alarms(crowd, boss.id)) == 1


def test_the_same_players_again_are_no_further_ones(crowd: Lobby):
    few = Readings(crowd.service.runtime, alarm=60, limit=100)
    ids = [new_id() for _ in range(BATCH)]
    for _ in range(10):
        few._known.clear()  # as after a restart
        few.note(crowd.agent.caller, ids)
        few.must_not_be_held(crowd.agent.caller)
    assert alarms(crowd, crowd.agent.id) == []


def test_numbers_that_are_tried_one_after_the_other_count_as_players(crowd: Lobby):
    few = crowd.service.app.extensions[PROCESS] = Readings(crowd.service.runtime, alarm=60, limit=100)
    agent = crowd.service.person(READ, department_id=crowd.department)
    tried = 0
    for number in range(400):
        answer = agent.get("/players", query_string={"phone" if number % 2 else "q": f"+861780000{number:04d}"})
        if answer.status_code != 200:
            break
        tried += 1
    assert (answer.status_code, answer.json["code"]) == (429, "too_many_read")
    assert 100 <= tried <= 100 + BATCH
    assert alarms(crowd, agent.id)
    assert crowd.service.app.extensions[PROCESS] is few


def test_what_is_a_day_old_is_forgotten_and_counts_no_more(crowd: Lobby):
    few = Readings(crowd.service.runtime, alarm=60, limit=100)
    few.note(crowd.agent.caller, (new_id() for _ in range(2 * BATCH)))
    with crowd.service.runtime.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE player_readings SET at = at - interval '25 hours'")
    few.note(crowd.agent.caller, (new_id() for _ in range(BATCH)))
    few.must_not_be_held(crowd.agent.caller)
    work = crowd.service.runtime.work()
    with work.session:
        forget_readings(work)
        work.commit()
    assert len(crowd.rows("SELECT 1 FROM player_readings")) == BATCH


WAYS = {
    "a change too late": lambda one, player, _: one.patch(f"/players/{player['id']}", {"note": "?"}, version=99),
    "a change": lambda one, player, _: one.patch(f"/players/{player['id']}", {"note": "!"}, version=player["version"]),
    "a removal too late": lambda one, player, _: one.delete(f"/players/{player['id']}", version=99),
    "game data": lambda one, player, _: one.post(f"/players/{player['id']}/game-snapshot"),
    "a binding": lambda one, player, _: one.post(
        f"/players/{player['id']}/binding", {"agent_id": one.id, "reason": "接手"}
    ),
    "a binding too late": lambda one, player, _: one.post(
        f"/players/{player['id']}/binding", {"agent_id": one.id, "reason": "接手"}, version=99
    ),
    "a preview": lambda one, player, into: one.get(
        f"/players/{player['id']}/merge-preview", query_string={"into_id": into["id"]}
    ),
    "a merge too late": lambda one, player, into: one.post(
        f"/players/{player['id']}/merge", {"into_id": into["id"]}, version=99
    ),
    "a merge": lambda one, player, into: one.post(
        f"/players/{player['id']}/merge", {"into_id": into["id"]}, version=player["version"]
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_players_shown_by_another_way_count_and_are_held_back_too(lobby: Lobby, monkeypatch, way: str):
    batch, limit = 5, 10
    monkeypatch.setattr(reading, "BATCH", batch)
    monkeypatch.setitem(
        lobby.service.app.extensions, PROCESS, Readings(lobby.service.runtime, alarm=limit - 2, limit=limit)
    )
    into, *others = [lobby.a_player(phone=new_phone()) for _ in range(limit + batch + 3)]
    reader = lobby.service.person(READ, UPDATE, BIND, DELETE, "player.merge", scope="all")
    answers = [WAYS[way](reader, player, into) for player in others]
    shown = [answer.status_code for answer in answers if answer.status_code != 429]
    assert {*shown} <= {200, 412}, [answer.text for answer in answers]
    assert limit - 1 <= len(shown) <= limit + batch, len(shown)
    assert (answers[-1].json["code"], "Retry-After" in answers[-1].headers) == ("too_many_read", True)
    assert reader.get(f"/players/{others[0]['id']}").status_code == 429


def test_a_merge_that_is_taken_back_shows_a_player_too(lobby: Lobby, monkeypatch):
    monkeypatch.setattr(reading, "BATCH", 1)
    monkeypatch.setitem(lobby.service.app.extensions, PROCESS, Readings(lobby.service.runtime, alarm=1, limit=1))
    gone, into, other = (lobby.a_player() for _ in range(3))
    merger, reader = (lobby.service.person(READ, "player.merge", scope="all") for _ in range(2))
    for player in (gone, other):
        path, taken_into = f"/players/{player['id']}/merge", {"into_id": into["id"]}
        assert merger.post(path, taken_into, version=player["version"]).status_code == 200
        late = reader.post(f"/players/{player['id']}/unmerge", {}, version=99)
        assert late.status_code == 412, late.text
    assert reader.post(f"/players/{gone['id']}/unmerge", {}, version=99).status_code == 429


def test_who_is_not_there_is_no_player_read(lobby: Lobby, monkeypatch):
    monkeypatch.setattr(reading, "BATCH", 1)
    monkeypatch.setitem(lobby.service.app.extensions, PROCESS, Readings(lobby.service.runtime, alarm=2, limit=2))
    reader = lobby.service.person(READ, UPDATE, scope="all")
    for _ in range(5):
        assert reader.patch(f"/players/{new_id()}", {"note": "?"}, version=1).status_code == 404
    assert lobby.rows("SELECT 1 FROM player_readings WHERE by = :id", id=reader.id) == []
