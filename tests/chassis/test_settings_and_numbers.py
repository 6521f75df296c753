"""Settings report every wrong variable at once; numbers are readable, unique, and nobody waits for them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from environs.exceptions import EnvValidationError

from chassis.data import numbers
from chassis.data.numbers import daily_number, plain_number
from chassis.ops.samples import sample_settings
from chassis.ops.settings import Settings
from tests.support.services import ServiceUnderTest

WRONG = {
    "PORT": "eighty",
    "OPS_PORT": "70000",
    "WEB_WORKERS": "0",
    "WEB_THREADS": "-1",
    "LOG_LEVEL": "LOUD",
    "PLAYDESK_TIMEZONE": "Mars/Phobos",
    "DEMO": "perhaps",
}


def test_every_wrong_variable_is_reported_at_once(monkeypatch):
    for name, value in WRONG.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(EnvValidationError) as refused:
        Settings.load()
    assert set(refused.value.error_messages) == {*WRONG, "DATABASE_URL"}


@pytest.mark.parametrize("zone", ["", "../etc/passwd", "/etc/passwd", "Asia", "asia/shanghai"])
def test_a_time_zone_that_is_none_is_reported(zone):
    with pytest.raises(EnvValidationError):
        sample_settings(Settings, PLAYDESK_TIMEZONE=zone)


def test_a_process_with_wrong_settings_names_them_and_ends():
    environment = {**os.environ, **WRONG, "DATABASE_URL": "postgresql+psycopg://user:hunter2@127.0.0.1:1/x"}
    done = subprocess.run(
        [sys.executable, "-m", "ticket", "config"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert all(name in done.stderr for name in WRONG)
    assert "hunter2" not in done.stdout + done.stderr


def test_what_could_be_a_secret_is_not_shown():
    shown = sample_settings(Settings, DATABASE_URL="postgresql://u:hunter2@h/x").public()
    assert "hunter2" not in json.dumps(shown)
    assert shown["port"] == 8080


def test_numbers_of_a_day_are_short_unique_and_begin_at_one(serve):
    service: ServiceUnderTest = serve()
    noon = datetime(2026, 11, 22, 4, tzinfo=UTC)

    def draw(_n: int) -> str:
        with service.runtime.database.session() as session:
            number = daily_number(session, "N", noon, "Asia/Shanghai")
            session.commit()
            return number

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(draw, range(200)))
    assert len(set(found)) == 200
    assert sorted(found)[0] == "N20261122-0001"
    assert all(re.fullmatch(r"N20261122-\d{4}", number) for number in found)


def test_the_day_is_that_of_the_studio_and_each_day_begins_anew(serve):
    service: ServiceUnderTest = serve()
    with service.runtime.database.session() as session:
        days = [datetime(2026, 11, 22, hour, tzinfo=UTC) for hour in (1, 15, 17)]
        found = [daily_number(session, "N", day, "Asia/Shanghai") for day in days]
    assert found == ["N20261122-0001", "N20261122-0002", "N20261123-0001"]


def test_all_threads_at_once_may_begin_a_day(serve, monkeypatch):
    """Each holds a connection and would wait for a second one, and the pool has no more than one for each."""
    service: ServiceUnderTest = serve()
    me = service.person("note.write", "note.read")
    size = service.runtime.database.engine.pool.size()
    together, begin = threading.Barrier(size), numbers._base

    def begin_together(*arguments: object) -> int:
        together.wait(5)
        return begin(*arguments)

    monkeypatch.setattr(numbers, "_base", begin_together)
    with ThreadPoolExecutor(size) as pool:
        answers = list(pool.map(lambda n: me.post("/notes", {"text": "x"}, key=f"key-{n}"), range(size)))
    assert [answer.status_code for answer in answers] == [201] * size


def test_plain_numbers_are_what_agents_type(serve):
    service: ServiceUnderTest = serve()
    with service.runtime.database.session() as session:
        assert re.fullmatch(r"N\d+", plain_number(session, "N"))
