"""Dead letters: kept with their reason, sent again with one effect, discarded with a reason, from one list of all services."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from chassis.clock import new_id, rfc3339, utc_now
from chassis.data.unit_of_work import StaleRecord
from chassis.facts import dead
from chassis.facts.bus import Letter, Message, NotNow, open_bus
from chassis.facts.inbox import Inbox
from chassis.ops import dead_command
from tests.support.suite_in_process import InProcessSuite

QUEUE = "ticket.copies"
ERASED = Path(__file__).parents[3] / "services/player/examples/player.erased.v1.json"


def fact(suite: InProcessSuite, **data: Any) -> tuple[str, dict[str, Any]]:
    """A whole player.created.v1 as it went over the wire, for a new player."""
    query = {"types": "player.created.v1", "limit": 500, "since": rfc3339(utc_now())}
    player = suite.api("A001").made("/players", {"wechat_id": f"wx_dead_{new_id()[-12:]}"})
    suite.pump()
    told = suite.api("admin").get("/events", query_string=query).json["items"]
    [found] = [one for one in told if one["subject"] == player["id"]]
    fresh = {**found, "id": new_id(), "subject": new_id(), "data": {**found["data"], **data}}
    return fresh["id"], fresh


def park(suite: InProcessSuite, body: bytes, message_id: str, key: str = "player.created.v1") -> None:
    """Publish a message, let the consumers try it, and let the workers take what they parked."""
    publisher = open_bus(suite.gateway_runtime.settings.bus_url).publisher()
    publisher.publish([Message(message_id, key, body)])
    publisher.close()
    suite.pump(1)
    suite.keep_dead_letters()


def letters(suite: InProcessSuite, message_id: str, **query: Any) -> list[dict[str, Any]]:
    found = suite.api("admin").get("/dead-letters", query_string={"limit": 200, **query}).json
    assert found["unavailable"] == []
    return [letter for letter in found["items"] if letter["message_id"] == message_id]


def copies(suite: InProcessSuite, player_id: str) -> int:
    """How often the ticket service knows a player."""
    with suite.raw("ticket") as connection:
        query = text("SELECT count(*) FROM player_copies WHERE id = :id")
        return int(connection.execute(query, {"id": player_id}).scalar_one())


def broken(suite: InProcessSuite) -> tuple[str, dict[str, Any]]:
    """A fact whose reader wants a number where a text is."""
    message_id, whole = fact(suite)
    park(suite, json.dumps({**whole, "data": {**whole["data"], "vip_tier": "gold"}}).encode(), message_id)
    return message_id, whole


def laid_down(
    suite: InProcessSuite,
    message_id: str,
    body: bytes,
    key: str = "player.created.v1",
    *,
    service: str = "ticket",
    queue: str = QUEUE,
) -> dict[str, Any]:
    """A letter parked for a reason that is gone now: its body can be handled."""
    runtime = suite.gateway_runtime if service == "gateway" else suite.services[service].runtime
    dead.keep_letters(runtime, [Letter(queue, message_id, key, body, "那时不行")])
    [letter] = [one for one in letters(suite, message_id) if one["queue"] == queue]
    return letter


def test_what_cannot_be_handled_is_in_the_list_with_its_reason_and_its_service(suite: InProcessSuite):
    message_id, _ = broken(suite)
    found = letters(suite, message_id)
    assert {letter["service"] for letter in found} >= {"ticket", "sales"}
    [letter] = [one for one in found if one["queue"] == QUEUE]
    assert (letter["state"], letter["times"], letter["key"]) == ("parked", 1, "player.created.v1")
    assert "gold" in letter["reason"]
    read = suite.api("admin").get(f"/dead-letters/{letter['id']}").json
    assert read["body"]["data"]["vip_tier"] == "gold"
    assert read["service"] == "ticket"


def test_bytes_that_are_no_json_are_shown_as_text_and_numbers_are_masked(suite: InProcessSuite):
    park(suite, "半个 {13812345678".encode(), message_id := new_id())
    [letter] = [one for one in letters(suite, message_id) if one["queue"] == QUEUE]
    assert letter["body"] == "半个 {138****5678"
    assert "13812345678" not in json.dumps(letters(suite, message_id))


def test_one_that_still_fails_stays_and_says_why(suite: InProcessSuite):
    message_id, _ = broken(suite)
    [letter] = [one for one in letters(suite, message_id) if one["queue"] == QUEUE]
    answer = suite.api("admin").post(f"/dead-letters/{letter['id']}/resend", version=letter["version"])
    assert (answer.status_code, answer.json["code"]) == (409, "still_fails")
    assert "gold" in answer.json["title"]
    assert letters(suite, message_id, state="parked", queue=QUEUE)


def test_sent_again_twice_it_has_one_effect(suite: InProcessSuite):
    """R21: parked for a reason that is gone now."""
    message_id, whole = fact(suite)
    park(suite, json.dumps({**whole, "data": {**whole["data"], "vip_tier": "gold"}}).encode(), message_id)
    [letter] = [one for one in letters(suite, message_id) if one["queue"] == QUEUE]
    with suite.raw("ticket") as connection:  # what was wrong is put right, as a later release would
        connection.execute(
            text("UPDATE dead_letters SET body = :body WHERE id = :id"),
            {"body": json.dumps(whole).encode(), "id": letter["id"]},
        )
    admin = suite.api("admin")
    first = admin.post(f"/dead-letters/{letter['id']}/resend", version=letter["version"])
    assert (first.status_code, first.json["state"], first.json["service"]) == (200, "sent", "ticket")
    assert first.json["ended_by"] == admin.id
    second = admin.post(f"/dead-letters/{letter['id']}/resend", version=first.json["version"])
    assert second.status_code == 200
    assert copies(suite, whole["subject"]) == 1
    with suite.raw("ticket") as connection:
        noted = connection.execute(text("SELECT count(*) FROM inbox WHERE event_id = :id"), {"id": message_id}).scalar()
    assert noted == 1
    suite.gateway.extensions["playdesk_audit_notes"].flush()
    audited = admin.get("/audit", query_string={"kind": "request", "actor_id": admin.id, "limit": 200}).json["items"]
    assert [e for e in audited if letter["id"] in e["details"].get("path", "")], "who sent it again is in the audit log"


def test_one_that_was_sent_takes_no_effect_a_second_time_when_its_note_is_long_gone(suite: InProcessSuite):
    """Notes of what came in are kept for a week, letters for ninety days."""
    message_id, whole = fact(suite)
    letter = laid_down(suite, message_id, json.dumps(whole).encode())
    admin = suite.api("admin")
    first = admin.post(f"/dead-letters/{letter['id']}/resend", version=letter["version"]).json
    with suite.raw("ticket") as connection:
        connection.execute(text("DELETE FROM inbox WHERE event_id = :id"), {"id": message_id})
    second = admin.post(f"/dead-letters/{letter['id']}/resend", version=first["version"])
    assert (second.status_code, second.json) == (200, first)
    with suite.raw("ticket") as connection:
        noted = connection.execute(text("SELECT count(*) FROM inbox WHERE event_id = :id"), {"id": message_id}).scalar()
    assert noted == 0, "it was not handled again"
    assert "/resend" not in suite.pages("admin").get(f"/settings/dead-letters/{letter['id']}").text


def test_what_is_sent_while_somebody_discards_it_ends_in_one_way_and_waits_for_nobody(suite: InProcessSuite):
    message_id, whole = fact(suite)
    letter = laid_down(suite, message_id, json.dumps(whole).encode())
    runtime = suite.services["ticket"].runtime
    work, other = runtime.work(), runtime.work()
    with work.session, other.session:
        seen = dead.one_letter(work, letter["id"], version=letter["version"])
        dead.discard(other, dead.one_letter(other, letter["id"]), "不要了")
        other.commit()
        assert dead.send_again(runtime, work, seen).state == "discarded"
        with pytest.raises(StaleRecord):
            dead.discard(work, seen, "也不要了")
    assert copies(suite, whole["subject"]) == 1


WAYS = ("one", "all", "command")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("queue", [QUEUE, "sales.copies", "gateway.deliveries"])
def test_an_erasure_that_was_parked_is_sent_again_though_it_takes_its_own_letter_with_it(
    suite: InProcessSuite, command, queue: str, way: str
):
    """S31: an erasure forgets every letter that names the player, that which told of it too."""
    service = queue.partition(".")[0]
    _, created = fact(suite)
    erasure = {**json.loads(ERASED.read_bytes()), "id": new_id(), "subject": created["subject"], "entityversion": 2}
    other = laid_down(suite, created["id"], json.dumps(created).encode(), service=service, queue=f"{service}.other")
    letter = laid_down(
        suite, erasure["id"], json.dumps(erasure).encode(), "player.erased.v1", service=service, queue=queue
    )
    if way == "command":
        assert command("resend", letter["id"], of=service) == (0, "handled\n")
    elif way == "one":
        answer = suite.api("admin").post(f"/dead-letters/{letter['id']}/resend", version=letter["version"])
        assert (answer.status_code, answer.json["state"]) == (200, "sent"), answer.text
    else:
        sent = suite.api("admin").post("/dead-letters/resend", query_string={"queue": queue}).json
        assert sent["sent"] >= 1, sent
    for gone in (letter, other):
        assert suite.api("admin").get(f"/dead-letters/{gone['id']}").status_code == 404, "nothing names them any more"
    with suite.raw(service) as connection:
        noted = connection.execute(text("SELECT count(*) FROM inbox WHERE event_id = :id"), {"id": erasure["id"]})
        assert noted.scalar() == 1, "it was handled"


def test_letters_that_always_fail_hold_up_none_of_the_others_however_often_all_are_sent(
    suite: InProcessSuite, command, monkeypatch
):
    """Each call has its time; those that were tried last wait behind those that were not."""
    bad, (good, whole) = [broken(suite)[0] for _ in range(3)], fact(suite)
    laid_down(suite, good, json.dumps(whole).encode())
    monkeypatch.setattr(dead, "LONGEST", 0)  # one letter in each call
    status, said = command("resend", "--all", "--queue", QUEUE)
    assert status == 1
    assert copies(suite, whole["subject"]) == 1, said
    assert all(letters(suite, one, queue=QUEUE)[0]["state"] == "parked" for one in bad)


def test_one_that_costs_the_connection_is_one_that_still_fails(suite: InProcessSuite, monkeypatch):
    message_id, whole = fact(suite)
    letter = laid_down(suite, message_id, json.dumps(whole).encode())

    def lost(*_: Any) -> None:
        raise NotNow("the connection is lost")

    monkeypatch.setattr(Inbox, "handle", lost)
    answer = suite.api("admin").post(f"/dead-letters/{letter['id']}/resend", version=letter["version"])
    assert (answer.status_code, answer.json["code"]) == (409, "still_fails")
    everything = suite.api("admin").post("/dead-letters/resend", query_string={"queue": QUEUE})
    assert everything.status_code == 200
    assert everything.json["failed"] >= 1


@pytest.mark.parametrize("message_id", ["\x00", "a\x00b", "x" * 65, ""])
def test_a_letter_is_kept_whatever_its_sender_calls_it(suite: InProcessSuite, message_id: str):
    body = f"无法读 {new_id()}".encode()
    dead.keep_letters(suite.services["ticket"].runtime, [Letter(QUEUE, message_id, "odd\x00key", body, "x\x00y")])
    [letter] = letters(suite, hashlib.sha256(body).hexdigest())
    assert (letter["key"], letter["reason"], letter["body"]) == ("oddkey", "xy", body.decode())


def test_a_letter_that_takes_long_leaves_the_others_to_the_next_call(suite: InProcessSuite, monkeypatch):
    monkeypatch.setattr(dead, "LONGEST", 0)
    for _ in range(2):
        message_id, whole = fact(suite)
        laid_down(suite, message_id, json.dumps(whole).encode())
    answer = suite.api("admin").post("/dead-letters/resend", query_string={"queue": QUEUE}).json
    assert answer["sent"] + answer["failed"] == 1
    assert answer["left"] >= 1


def test_all_of_a_queue_are_sent_again_and_those_that_fail_hold_up_nobody(suite: InProcessSuite):
    good = []
    for _ in range(3):
        message_id, whole = broken(suite)
        with suite.raw("ticket") as connection:
            connection.execute(
                text("UPDATE dead_letters SET body = :body WHERE message_id = :id"),
                {"body": json.dumps(whole).encode(), "id": message_id},
            )
        good.append((message_id, whole))
    bad, _ = broken(suite)
    answer = suite.api("admin").post("/dead-letters/resend", query_string={"queue": QUEUE}).json
    assert answer["unavailable"] == []
    assert answer["sent"] >= 3
    assert answer["failed"] >= 1
    assert answer["left"] == 0
    assert all(copies(suite, whole["subject"]) == 1 for _, whole in good)
    assert letters(suite, bad, queue=QUEUE)[0]["state"] == "parked"


def test_discarded_with_a_reason_it_is_out_of_the_way_and_can_be_taken_back(suite: InProcessSuite):
    message_id, _ = broken(suite)
    admin = suite.api("admin")
    [letter] = [one for one in letters(suite, message_id) if one["queue"] == QUEUE]
    bare = admin.post(f"/dead-letters/{letter['id']}/discard", {}, version=letter["version"])
    assert (bare.status_code, bare.json["errors"][0]["pointer"]) == (422, "/reason")
    gone = admin.post(f"/dead-letters/{letter['id']}/discard", {"reason": "测试数据"}, version=letter["version"]).json
    assert (gone["state"], gone["note"], gone["ended_by"]) == ("discarded", "测试数据", admin.id)
    assert not letters(suite, message_id, queue=QUEUE, state="parked")
    stale = admin.post(f"/dead-letters/{letter['id']}/resend", version=letter["version"])
    assert (stale.status_code, stale.json["current"]["state"]) == (412, "discarded")


def test_the_same_letter_parked_again_is_one_letter(suite: InProcessSuite):
    message_id, whole = broken(suite)
    body = json.dumps({**whole, "data": {**whole["data"], "vip_tier": []}}).encode()
    park(suite, body, message_id)
    [letter] = [one for one in letters(suite, message_id) if one["queue"] == QUEUE]
    assert letter["times"] == 2
    assert letter["body"]["data"]["vip_tier"] == []


def test_only_administrators_see_them(suite: InProcessSuite):
    message_id, _ = broken(suite)
    letter = letters(suite, message_id)[0]
    for no in ("A001", "M001", "S001", "Q001"):
        assert suite.api(no).get("/dead-letters").status_code == 403
        assert suite.api(no).post(f"/dead-letters/{letter['id']}/resend", version=1).status_code == 403


@pytest.fixture
def command(suite: InProcessSuite, capsys):
    """`python -m ticket dead-letters …`, in this process."""
    import argparse

    def run(*words: str, of: str = "ticket") -> tuple[int, str]:
        parser = argparse.ArgumentParser()
        dead_command.add_to(parser.add_subparsers(dest="command"))
        runtime = suite.gateway_runtime if of == "gateway" else suite.services[of].runtime
        status = dead_command.run(runtime, parser.parse_args(["dead-letters", *words]))
        said = capsys.readouterr()
        return status, said.out + said.err

    return run


def test_the_command_does_the_same_without_the_web(suite: InProcessSuite, command):
    message_id, _ = broken(suite)
    [letter] = [one for one in letters(suite, message_id) if one["queue"] == QUEUE]
    status, said = command("list", "--queue", QUEUE)
    assert status == 0
    assert letter["id"] in said
    assert '"gold"' in command("show", letter["id"])[1]
    assert command("resend", letter["id"])[0] == 1
    assert command("resend", "--all")[0] == 1
    assert command("discard", letter["id"], "--reason", "没用了") == (0, "discarded\n")
    assert command("show", new_id())[0] == 2
