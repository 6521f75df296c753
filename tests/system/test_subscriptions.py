"""Other systems subscribe to queues: an outside client reads its own and nothing else, stopped for long it catches up."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pika
import pika.exceptions
import pytest

from deploy.local.tour.desk import Desk, until
from tests.support.requirements import cannot_test
from tests.system.at_work import AtWork

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("in_turn")]
EVENTS = "playdesk.events"
WEEK = timedelta(days=7)


@pytest.fixture
def admin(suite: AtWork) -> Desk:
    return suite.desk("admin")


@pytest.fixture
def subscribe(admin: Desk) -> Iterator[Any]:
    """Makes subscriptions that are gone when the test is over."""
    made: list[dict[str, Any]] = []

    def new(*types: str, **fields: Any) -> dict[str, Any]:
        name = f"test-{uuid.uuid4().hex[:8]}"
        wanted = {"name": name, "types": list(types), "delivery": "amqp", **fields}
        made.append(admin.post("/subscriptions", wanted))
        return made[-1]

    yield new
    for one in made:
        fresh = admin.call("GET", f"/subscriptions/{one['id']}", None)
        if "version" in fresh:
            admin.call("DELETE", f"/subscriptions/{one['id']}", 204, version=fresh["version"])


def write_ticket(suite: AtWork, no: str = "A001") -> dict[str, Any]:
    desk = suite.desk(no)
    player = desk.post("/players", {"wechat_id": f"wx_sub_{uuid.uuid4().hex[:10]}"})
    ticket: dict[str, Any] = desk.post("/tickets", {"player_id": player["id"], "question": "到账了吗"})
    return ticket


def get(url: str, queue: str) -> subprocess.CompletedProcess[bytes]:
    """One message by Debian's amqp-get, which nobody here wrote."""
    if shutil.which("amqp-get") is None:
        cannot_test("a subscriber's queue by an outside client", "there is no amqp-get (Debian: amqp-tools)")
    return subprocess.run(
        ["amqp-get", f"--url={url}", f"--queue={queue}"], capture_output=True, timeout=20, check=False
    )


def read(url: str, queue: str, count: int, seconds: float = 20) -> list[dict[str, Any]]:
    """So many facts out of a queue."""
    found: list[dict[str, Any]] = []
    ends = time.monotonic() + seconds
    while len(found) < count:
        assert time.monotonic() < ends, f"{len(found)} of {count} facts"
        answer = get(url, queue)
        if answer.returncode == 0:
            found.append(json.loads(answer.stdout))
        else:
            time.sleep(0.1)
    return found


def refused(url: str, deed: Any) -> int:
    """The AMQP code with which a deed is refused."""
    with pytest.raises(pika.exceptions.ChannelClosedByBroker) as found:
        connection = pika.BlockingConnection(pika.URLParameters(url))
        deed(connection.channel())
    return int(found.value.reply_code)


def test_an_outside_client_reads_its_own_queue(suite: AtWork, subscribe):
    made = subscribe("ticket.created.v1")
    assert made["queue"] == f"sub.{made['name']}"
    ticket = write_ticket(suite)
    [fact] = read(made["amqp_url"], made["queue"], 1)
    assert (fact["type"], fact["subject"]) == ("playdesk.ticket.created.v1", ticket["id"])
    assert get(made["amqp_url"], made["queue"]).returncode != 0, "only what was asked for came, once"


def test_it_may_do_nothing_else(suite: AtWork, subscribe):
    """S23: another's queue, a service's, publishing, declaring, binding, another vhost."""
    made, other = subscribe("ticket.#"), subscribe("ticket.#")
    url = made["amqp_url"]
    assert get(url, other["queue"]).returncode != 0
    deeds = [
        lambda c: c.basic_get(other["queue"]),
        lambda c: c.basic_get("ticket.copies"),
        lambda c: c.basic_get(f"{made['queue']}.dead"),
        lambda c: c.queue_declare("sub.mine", durable=True),
        lambda c: c.queue_bind(made["queue"], EVENTS, "#"),
        lambda c: c.queue_purge(other["queue"]),
        lambda c: c.queue_delete(made["queue"]),
        lambda c: c.exchange_declare("mine"),
        lambda c: (c.confirm_delivery(), c.basic_publish(EVENTS, "ticket.created.v1", b"{}")),
        lambda c: (c.confirm_delivery(), c.basic_publish("", other["queue"], b"{}")),
    ]
    assert {refused(url, deed) for deed in deeds} == {403}
    elsewhere = url.rpartition("/")[0] + "/%2F"
    with pytest.raises(pika.exceptions.AMQPError):
        pika.BlockingConnection(pika.URLParameters(elsewhere))


def test_a_new_password_ends_the_old_one_and_a_removed_subscription_both(suite: AtWork, subscribe, admin: Desk):
    made = subscribe("ticket.#")
    renewed = admin.post(f"/subscriptions/{made['id']}/secret")
    assert urlsplit(renewed["amqp_url"]).password != urlsplit(made["amqp_url"]).password
    assert get(made["amqp_url"], made["queue"]).returncode != 0
    write_ticket(suite)
    assert read(renewed["amqp_url"], made["queue"], 1)
    admin.call("DELETE", f"/subscriptions/{made['id']}", 204, version=renewed["version"])
    assert get(renewed["amqp_url"], made["queue"]).returncode != 0


def test_what_is_wanted_can_be_changed_and_paused(suite: AtWork, subscribe, admin: Desk):
    made = subscribe("ticket.created.v1")
    changed = admin.patch(f"/subscriptions/{made['id']}", {"types": ["player.created.v1"]}, made["version"])
    ticket = write_ticket(suite)
    [fact] = read(made["amqp_url"], made["queue"], 1)
    assert (fact["type"], fact["subject"]) == ("playdesk.player.created.v1", ticket["player_id"])
    paused = admin.post(f"/subscriptions/{made['id']}/pause", status=200, version=changed["version"])
    write_ticket(suite)
    admin.post(f"/subscriptions/{made['id']}/enable", status=200, version=paused["version"])
    last = write_ticket(suite)
    [fact] = read(made["amqp_url"], made["queue"], 1)
    assert fact["subject"] == last["player_id"]


def test_bound_to_a_department_it_is_told_of_that_alone(suite: AtWork, subscribe, admin: Desk):
    time.sleep(1)  # a fact of a moment ago that the gateway has not yet heard would be for the new ones, too
    staff = admin.get("/staff?limit=200")["items"]
    own = next(one for one in staff if one["no"] == "A001")["department_id"]
    others = sorted({one["department_id"] for one in staff if one["department_id"] not in (None, own)})
    mine, theirs = (
        subscribe("ticket.created.v1", department_id=own),
        subscribe("ticket.created.v1", department_id=others[0]),
    )
    ticket = write_ticket(suite)
    [fact] = read(mine["amqp_url"], mine["queue"], 1)
    assert fact["subject"] == ticket["id"]
    assert get(theirs["amqp_url"], theirs["queue"]).returncode != 0


def test_one_that_stopped_a_week_ago_slows_nothing_down_and_catches_up_to_just_the_state_of_one_that_did_not(
    alone: AtWork, subscribe, admin: Desk, figure
):
    """Its queue is as small as may be, so that the oldest are dropped; the log has them all, a week old by its own clock."""
    running = subscribe("ticket.#", max_length=1000)
    tickets = [write_ticket(alone) for _ in range(12)]
    without = change_ten_times(alone, tickets)
    begin = datetime.now(UTC)
    stopped = subscribe("ticket.#", max_length=100)
    change_ten_times(alone, tickets)
    until("the oldest are dropped", lambda: _waiting(alone, stopped["queue"]) == 100)
    with_it = change_ten_times(alone, tickets)
    told = read(running["amqp_url"], running["queue"], 12 + 3 * 120, 60)
    missed = [fact for fact in told if datetime.fromisoformat(fact["time"]) >= begin]
    assert len(missed) == 240
    a_week_goes_by(alone)
    started = time.monotonic()
    asked = {"subscription": stopped["name"], "from": (begin - WEEK).isoformat()}
    job = admin.post("/event-replays", asked, status=202)
    state: dict[str, tuple[int, Any]] = {}
    seen: set[str] = set()
    marked = 0

    def drain() -> bool:
        nonlocal marked
        connection = pika.BlockingConnection(pika.URLParameters(stopped["amqp_url"]))
        channel = connection.channel()
        while (found := channel.basic_get(stopped["queue"], auto_ack=True))[0] is not None:
            fact = json.loads(found[2])
            marked += bool(fact.get("replayed"))
            seen.add(fact["id"])
            if fact["entityversion"] >= state.get(fact["subject"], (0, None))[0]:
                state[fact["subject"]] = (fact["entityversion"], fact["data"]["question"])
        connection.close()
        return bool(admin.get(f"/jobs/{job['id']}")["state"] == "done" and {fact["id"] for fact in missed} <= seen)

    until("everything was replayed", drain, seconds=60)
    figure(
        "subscriber stopped a week ago",
        facts=len(missed),
        replayed=marked,
        catch_up_s=f"{time.monotonic() - started:.1f}",
        a_write_without_ms=f"{without:.1f}",
        a_write_with_ms=f"{with_it:.1f}",
    )
    newest: dict[str, tuple[int, Any]] = {}
    for fact in told:
        if fact["entityversion"] >= newest.get(fact["subject"], (0, None))[0]:
            newest[fact["subject"]] = (fact["entityversion"], fact["data"]["question"])
    assert {subject: state[subject] for subject in newest} == newest


def test_a_replay_that_has_no_room_waits_and_holds_up_no_other(suite: AtWork, subscribe, admin: Desk):
    """Whoever does not read their queue keeps nobody else from catching up; the interrupted one goes on where it stopped."""
    begin = datetime.now(UTC).isoformat()
    change_ten_times(suite, [write_ticket(suite) for _ in range(12)])
    full, other = subscribe("ticket.updated.v1", max_length=100), subscribe("ticket.updated.v1")
    asked = {"from": begin, "to": datetime.now(UTC).isoformat()}
    first = admin.post("/event-replays", {"subscription": full["name"], **asked}, status=202)
    second = admin.post("/event-replays", {"subscription": other["name"], **asked}, status=202)

    def state(job: dict[str, Any]) -> Any:
        return admin.get(f"/jobs/{job['id']}")["state"]

    until("the other is through", lambda: state(second) == "done", seconds=30)
    assert len(read(other["amqp_url"], other["queue"], 120)) == 120
    assert state(first) in ("queued", "running"), "nobody has read what it sent so far"
    assert _waiting(suite, full["queue"]) <= 80, "room is left for what is new"
    facts = read(full["amqp_url"], full["queue"], 120, 60)
    until("it is through", lambda: state(first) == "done", seconds=30)
    assert len({fact["id"] for fact in facts}) == 120
    assert get(full["amqp_url"], full["queue"]).returncode != 0, "nothing came twice"


def test_a_replay_to_a_queue_that_is_gone_says_so(suite: AtWork, subscribe, admin: Desk):
    begin = datetime.now(UTC).isoformat()
    write_ticket(suite)
    made = subscribe("ticket.#")
    with pika.BlockingConnection(pika.URLParameters(suite.bus_url)) as connection:
        connection.channel().queue_delete(made["queue"])
    job = admin.post("/event-replays", {"subscription": made["name"], "from": begin}, status=202)
    until("it has failed", lambda: admin.get(f"/jobs/{job['id']}")["state"] == "failed", seconds=30)
    assert admin.get(f"/jobs/{job['id']}")["error"]["code"] == "queue_gone"


def change_ten_times(suite: AtWork, tickets: list[dict[str, Any]]) -> float:
    """Change each ticket ten times, wait until all is told; returns the milliseconds that a change took."""
    started, desk = time.monotonic(), suite.desk("A001")
    for place, ticket in enumerate(tickets):
        for number in range(10):
            said = {"question": f"第 {number} 次改，{uuid.uuid4().hex}"}
            ticket = desk.patch(f"/tickets/{ticket['id']}", said, ticket["version"])
        tickets[place] = ticket
    took = 1000 * (time.monotonic() - started) / (10 * len(tickets))
    query = "SELECT (SELECT count(*) FROM outbox) + last_sequence - published_up_to FROM relay_state"
    with suite.database("ticket") as database:
        until("everything is told", lambda: database.execute(query).fetchone() == (0,))
    return took


def a_week_goes_by(suite: AtWork) -> None:
    """Whatever is in the logs came in seven days earlier than it did."""
    for name in ("player", "ticket", "sales", "catalog", "gateway"):
        with suite.database(name) as database:
            for month in database.execute("SELECT DISTINCT date_trunc('month', logged_at - %s) FROM event_log", [WEEK]):
                database.execute("SELECT make_log_partition(%s::date)", month)
            database.execute("UPDATE event_log SET logged_at = logged_at - %s", [WEEK])


def _waiting(suite: AtWork, queue: str) -> int:
    connection = pika.BlockingConnection(pika.URLParameters(suite.bus_url))
    found = connection.channel().queue_declare(queue, passive=True).method.message_count
    connection.close()
    return int(found)
