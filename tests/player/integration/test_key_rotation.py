"""Keys of phone numbers are rotated while the service runs: nothing is left of the old ones, and every number opens."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chassis.data.phones import CannotOpen
from chassis.data.sealing import KeyVault, key_ring
from player.app import SERVICE
from player.application.rotation import rotate
from tests.player.lobby import SUPERVISOR, new_handle, new_phone
from tests.support.services import Person, ServiceUnderTest

FIRST_INDEX, SECOND_INDEX = "the first index key", "the second index key"
K1, K2 = (base64.b64encode(sign * 32).decode() for sign in (b"1", b"2"))
OLD = {"PHONE_KEYS": json.dumps({"k1": K1}), "PHONE_INDEX_KEY": FIRST_INDEX}
BOTH = {"PHONE_KEYS": json.dumps({"k1": K1, "k2": K2}), "PHONE_INDEX_KEY": SECOND_INDEX}
BOTH |= {"PHONE_KEY_CURRENT": "k2", "PHONE_INDEX_KEY_FORMER": FIRST_INDEX}
NEW = {"PHONE_KEYS": json.dumps({"k2": K2}), "PHONE_INDEX_KEY": SECOND_INDEX}
PLAYERS = 25


@pytest.fixture
def url(new_database: Callable[..., str]) -> str:
    return new_database("rotation")


@pytest.fixture
def open_service(url: str) -> Iterator[Callable[[dict[str, str]], ServiceUnderTest]]:
    """The service over the one database, with whatever keys."""
    made: list[ServiceUnderTest] = []

    def make(keys: dict[str, str]) -> ServiceUnderTest:
        made.append(ServiceUnderTest(SERVICE, url, **keys))
        return made[-1]

    yield make
    for service in made:
        service.close()


def boss(service: ServiceUnderTest) -> Person:
    return service.person(*SUPERVISOR, scope="all")


def filled(service: ServiceUnderTest) -> dict[str, str]:
    """{player ID: number} of players under the keys of this service."""
    who, numbers = boss(service), {}
    for count in range(PLAYERS):
        body = {"phone": new_phone(), "wechat_id": new_handle()}
        answer = who.post("/players", body, key=f"kept answer {count}")
        assert answer.status_code == 201, answer.text
        numbers[answer.json["id"]] = body["phone"]
    return numbers


def command(url: str, *, fault: str = "") -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **BOTH, "DATABASE_URL": url, "PLAYDESK_FAULT": fault, "LOG_LEVEL": "WARNING"}
    line = [sys.executable, "-m", "player", "rotate-phone-keys", "--batch", "7"]
    return subprocess.run(line, env=env, capture_output=True, text=True, timeout=120, check=False)


def sealed_by(service: ServiceUnderTest, key: str) -> int:
    """Rows of any table that hold something sealed by this key."""
    from sqlalchemy import text

    count = "SELECT (SELECT count(*) FROM players WHERE phone_sealed LIKE :k) + "
    count += "(SELECT count(*) FROM idempotency_keys WHERE position(:s IN body) > 0)"
    with service.runtime.database.reading.connect() as connection:
        return int(connection.execute(text(count), {"k": f"{key}.%", "s": f"\\u0001{key}."}).scalar_one())


def rotated(service: ServiceUnderTest) -> dict[str, int]:
    """Rotate in this process; returns what was written anew."""
    settings: Any = service.runtime.settings
    ring = key_ring(settings.phone_keys)
    *_, last = rotate(service.runtime.database.session, settings.phones, KeyVault(ring, "k2"), batch=7)
    return last.written


def test_killed_in_the_middle_and_begun_again_it_leaves_nothing_of_the_old_keys(url, open_service, figure):
    old = open_service(OLD)
    numbers = filled(old)
    assert sealed_by(old, "k1") == 2 * PLAYERS
    killed = command(url, fault="phones.after_batch:2")
    assert killed.returncode == -9
    assert 0 < sealed_by(old, "k1") < 2 * PLAYERS
    finished = command(url)
    assert finished.returncode == 0, finished.stderr[-2000:]
    assert finished.stdout.splitlines()[-1] == "sealed by another key than k2: 0; older keys may be taken out"
    assert f"looked at {PLAYERS} of {PLAYERS} numbers" in finished.stdout
    left = sealed_by(old, "k1")
    figure("S27 key rotation", numbers=PLAYERS, killed_at=14, left_of_the_old_key=left)
    assert left == 0
    who = boss(open_service(NEW))
    for player_id, number in numbers.items():
        assert who.get(f"/players/{player_id}").json["phone"] == number
        assert [row["id"] for row in who.get("/players", query_string={"phone": number}).json["items"]] == [player_id]
        assert player_id in [row["id"] for row in who.get("/players", query_string={"q": number[-4:]}).json["items"]]


def test_while_it_runs_every_number_is_found_and_none_is_written_twice(open_service):
    numbers = filled(open_service(OLD))
    both = open_service(BOTH)
    who = boss(both)
    for player_id, number in [*numbers.items()][:5]:
        found = who.get("/players", query_string={"phone": number}).json["items"]
        assert [row["id"] for row in found] == [player_id], "under the former index key"
        again = who.post("/players", {"phone": number})
        assert (again.status_code, again.json["code"]) == (409, "duplicate_player")
        assert player_id in [row["id"] for row in who.get("/players", query_string={"q": number[-4:]}).json["items"]]
    assert rotated(both)["players"] == PLAYERS
    assert rotated(both) == {"players": 0, "kept answers": 0}, "what is done is only looked at"
    again = who.post("/players", {"phone": next(iter(numbers.values()))})
    assert (again.status_code, again.json["code"]) == (409, "duplicate_player")


def test_an_answer_kept_under_the_old_key_is_repeated_after_it_is_gone(open_service):
    body = {"phone": new_phone(), "wechat_id": new_handle()}
    old, both, new = (open_service(keys) for keys in (OLD, BOTH, NEW))
    person = boss(old)
    assert person.post("/players", body, key="the same").status_code == 201
    rotated(both)
    same = new.person(*SUPERVISOR, scope="all", staff_id=person.id)
    repeated = same.post("/players", body, key="the same")
    assert repeated.headers["Idempotency-Replayed"] == "true"
    assert repeated.json["phone"] == body["phone"]


def test_a_player_is_not_changed_by_it_for_anybody_else(open_service):
    old = open_service(OLD)
    [player_id, *_] = filled(old)
    before, facts = boss(old).get(f"/players/{player_id}").json, len(old.facts())
    rotated(open_service(BOTH))
    after = boss(open_service(NEW)).get(f"/players/{player_id}").json
    assert after == before
    assert len(old.facts()) == facts


def test_without_its_key_a_number_does_not_open(open_service):
    numbers = filled(open_service(OLD))
    with pytest.raises(CannotOpen, match="key 'k1'"):
        rotated(open_service(NEW))
    assert len(numbers) == PLAYERS


def test_keys_may_come_from_a_file_and_a_wrong_file_is_said(tmp_path, monkeypatch):
    from environs.exceptions import EnvValidationError

    from player.settings import PlayerSettings

    file = tmp_path / "keys"
    file.write_text(json.dumps({"k1": K1}) + "\n")
    for name, value in (("DATABASE_URL", "postgresql://x@127.0.0.1:1/x"), ("PHONE_KEYS_FILE", str(file))):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PHONE_KEYS", raising=False)
    assert PlayerSettings.load().phone_keys == json.dumps({"k1": K1})
    assert PlayerSettings.load().public()["phone_keys"] == "…"
    file.write_text("no keys")
    with pytest.raises(EnvValidationError) as refused:
        PlayerSettings.load()
    assert list(refused.value.error_messages) == ["PHONE_KEYS_FILE"]
    monkeypatch.setenv("PHONE_KEYS_FILE", str(tmp_path / "missing"))
    with pytest.raises(EnvValidationError, match="can be read"):
        PlayerSettings.load()
