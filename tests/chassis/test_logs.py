"""Logs are one JSON object a line, carry the request ID, and never show a phone number."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from collections.abc import Iterator

import pytest
import structlog

from chassis import context
from chassis.ops import logging as ours
from chassis.ops.logging import log

PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
NUMBER = "13800138000"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What goes to standard error, with our logging configured."""
    root, kept = logging.getLogger(), (logging.getLogger().handlers[:], logging.getLogger().level)
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    ours.configure("specimen", "DEBUG")
    yield stream
    root.handlers[:], level = kept[0], kept[1]
    root.setLevel(level)
    structlog.reset_defaults()


class Player:
    """Something whose repr has a phone number in it."""

    def __repr__(self) -> str:
        return f"<Player +86{NUMBER}>"


@pytest.mark.parametrize(
    "value",
    [NUMBER, int(NUMBER), f"+86{NUMBER}", NUMBER.encode(), [NUMBER], {"phone": NUMBER}, {NUMBER: 1}, (NUMBER,), {NUMBER},
     Player(), ValueError(NUMBER), f"/v1/players?phone=%2B86{NUMBER}", [{"a": [Player()]}]],
    ids=repr,
)  # fmt: skip
def test_no_phone_number_gets_into_a_line_of_ours(lines, value):
    log.info("looked up", value=value, text=f"for {NUMBER}")
    log.info(f"looked up {NUMBER}")
    logging.getLogger("somebody.else").warning("for %s and %r", value, value)
    assert lines.getvalue()
    assert not PHONE.search(lines.getvalue()), lines.getvalue()


def test_no_phone_number_gets_in_by_a_traceback(lines):
    try:
        raise RuntimeError(f"duplicate key (phone)=(+86{NUMBER})")
    except RuntimeError as error:
        log.exception("failed")
        log.error("failed", exc_info=error)
        logging.getLogger("flask.app").exception("failed for %s", NUMBER)
    assert lines.getvalue().count("RuntimeError") >= 3
    assert not PHONE.search(lines.getvalue()), lines.getvalue()


def test_each_line_is_one_json_object_with_service_level_time_and_request(lines):
    trace = context.begin("request-0001")
    log.warning("two\nlines", answer=42)
    logging.getLogger("library").error("foreign")
    rows = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [row["event"] for row in rows] == ["two\nlines", "foreign"]
    for row in rows:
        assert {"service": "specimen", "request_id": trace.request_id}.items() <= row.items()
        assert {"level", "timestamp", "trace_id"} <= row.keys()
    assert rows[0]["answer"] == 42


def test_a_line_whose_values_are_no_json_is_still_written(lines):
    log.info("odd", value={1: object(), "x": float("nan"), "big": 10**40, "lone": "\ud800"})
    assert json.loads(lines.getvalue())["event"] == "odd"
