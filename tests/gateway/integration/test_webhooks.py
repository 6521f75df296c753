"""Webhooks: what is wanted comes once and signed, failures are tried again, and one that is down holds up nobody."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from chassis.clock import new_id, rfc3339, utc_now
from chassis.facts.bus import BusDown
from chassis.jobs.job import MOST_ATTEMPTS
from gateway.clients.transport import ServiceDown
from gateway.integration import addresses, delivering
from gateway.integration.subscription import RETRIES
from tests.gateway.integration.webhook_target import Target
from tests.support.suite_in_process import InProcessSuite


@pytest.fixture(scope="module", autouse=True)
def loopback(suite: InProcessSuite) -> Iterator[None]:
    """The targets of these tests are on this machine, so an administrator lists it."""
    listed = suite.api("admin").made("/webhooks/networks", {"network": "127.0.0.1/32", "note": "tests"})
    yield
    assert suite.api("admin").delete(f"/webhooks/networks/{listed['id']}").status_code == 204


@pytest.fixture
def target() -> Iterator[Target]:
    found = Target().start()
    yield found
    found.close()


@pytest.fixture(autouse=True)
def only_ones_own(suite: InProcessSuite) -> None:
    """What other tests subscribed to is not delivered in between."""
    with suite.raw("gateway") as connection:
        connection.execute(text("UPDATE subscriptions SET state = 'disabled'"))


def subscribe(suite: InProcessSuite, target: Target | str, **fields: Any) -> dict[str, Any]:
    """Subscribe after what other tests have told is through."""
    suite.pump()
    url = target if isinstance(target, str) else target.url
    wanted = {"name": f"hook-{new_id()[-12:]}", "types": ["ticket.*.v1"], "delivery": "webhook", "url": url}
    made: dict[str, Any] = suite.api("admin").made("/subscriptions", {**wanted, **fields})
    return made


def shown(suite: InProcessSuite, made: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = suite.api("admin").get(f"/subscriptions/{made['id']}").json
    return found


def write_ticket(suite: InProcessSuite, no: str = "A001") -> dict[str, Any]:
    agent = suite.api(no)
    player = agent.made("/players", {"wechat_id": f"wx_hook_{new_id()[-12:]}"})
    ticket: dict[str, Any] = agent.made("/tickets", {"player_id": player["id"], "question": "到账了吗"})
    suite.pump()
    return ticket


def deliver(suite: InProcessSuite, *, at_once: bool = True) -> None:
    """What the worker's loop does, until nothing is due."""
    runtime, stop = suite.gateway_runtime, threading.Event()
    queues = delivering.QueueSender(runtime)
    while due := delivering.due(runtime, utc_now()):
        for one in due:
            delivering.serve(runtime, one, stop, queues)
        if not at_once:
            return


def later(suite: InProcessSuite, seconds: float = 7 * 86_400) -> None:
    """Time goes by: whatever waits to be tried again is due."""
    with suite.raw("gateway") as connection:
        connection.execute(text("UPDATE webhook_deliveries SET next_at = now() WHERE state = 'pending'"))
        connection.execute(text("UPDATE subscriptions SET rest_until = NULL"))


def log_of(suite: InProcessSuite, made: dict[str, Any]) -> list[dict[str, Any]]:
    query = {"subscription_id": made["id"], "limit": 200}
    found: list[dict[str, Any]] = suite.api("admin").get("/webhooks/deliveries", query_string=query).json["items"]
    return found


def test_what_is_wanted_comes_once_signed_and_as_it_is_on_the_bus(suite: InProcessSuite, target: Target):
    query = {"types": "ticket.created.v1", "limit": 500, "since": rfc3339(utc_now())}
    made = subscribe(suite, target, types=["ticket.created.v1"])
    ticket = write_ticket(suite)
    deliver(suite)
    deliver(suite)
    [(headers, body)] = target.calls
    event = Webhook(made["secret"]).verify(body, headers)
    assert (event["type"], event["subject"]) == ("playdesk.ticket.created.v1", ticket["id"])
    assert headers["webhook-id"] == event["id"]
    assert headers["content-type"] == "application/cloudevents+json"
    logged = suite.api("admin").get("/events", query_string=query).json["items"]
    assert event in logged, "the same fact, to the letter, as in the log"
    [delivery] = log_of(suite, made)
    assert (delivery["state"], delivery["attempts"], delivery["tries"][0]["status"]) == ("delivered", 1, 204)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 32).verify(body, headers)


def test_the_secret_is_shown_once_and_kept_sealed(suite: InProcessSuite, target: Target):
    made = subscribe(suite, target)
    assert made["secret"].startswith("whsec_")
    assert "secret" not in shown(suite, made)
    with suite.raw("gateway") as connection:
        row = connection.execute(
            text("SELECT s::text FROM subscriptions s WHERE id = :id"), {"id": made["id"]}
        ).scalar()
    assert made["secret"][6:] not in str(row)


def test_while_rotating_both_secrets_sign(suite: InProcessSuite, target: Target):
    made = subscribe(suite, target)
    renewed = suite.api("admin").made(f"/subscriptions/{made['id']}/secret", None)
    write_ticket(suite)
    deliver(suite)
    headers, body = target.calls[0]
    for secret in (made["secret"], renewed["secret"]):
        assert Webhook(secret).verify(body, headers)
    with suite.raw("gateway") as connection:
        connection.execute(text("UPDATE subscriptions SET before_until = now() - interval '1 second'"))
    write_ticket(suite)
    deliver(suite)
    headers, body = target.calls[-1]
    assert Webhook(renewed["secret"]).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(made["secret"]).verify(body, headers)


def test_a_failure_is_tried_again_and_the_log_shows_what_was_answered(suite: InProcessSuite, target: Target):
    made = subscribe(suite, target, types=["ticket.created.v1"])
    target.answer = lambda number: (500, {}) if number < 3 else (200, {})
    write_ticket(suite)
    deliver(suite)
    assert len(target.calls) == 1, "nothing is tried again at once"
    [waiting] = log_of(suite, made)
    assert (waiting["state"], waiting["tries"][0]["status"]) == ("pending", 500)
    assert "1381234567" in waiting["tries"][0]["answer"]
    assert shown(suite, made)["failures"] == 1
    for _ in range(2):
        later(suite)
        deliver(suite)
    [delivery] = log_of(suite, made)
    assert (delivery["state"], [one["status"] for one in delivery["tries"]]) == ("delivered", [500, 500, 200])
    assert len({headers["webhook-id"] for headers, _ in target.calls}) == 1
    assert (shown(suite, made)["failures"], shown(suite, made)["failing_since"]) == (0, None)


def test_the_waits_grow_to_two_days_in_all_and_differ_by_chance():
    assert list(RETRIES[:9]) == sorted(RETRIES[:9])
    assert timedelta(days=1.8) < timedelta(seconds=sum(RETRIES)) < timedelta(days=2.2)
    assert len({round(delivering._jitter(), 6) for _ in range(20)}) > 10
    assert all(0.8 <= delivering._jitter() <= 1.2 for _ in range(100))


def test_after_two_days_without_a_success_it_is_disabled_with_notice(suite: InProcessSuite, target: Target):
    made = subscribe(suite, target)
    target.answer = lambda _number: (503, {})
    write_ticket(suite)
    deliver(suite)
    with suite.raw("gateway") as connection:
        connection.execute(text("UPDATE subscriptions SET failing_since = now() - interval '2 days'"))
    later(suite)
    deliver(suite)
    gone = shown(suite, made)
    assert (gone["state"], gone["why"]) == ("disabled", "503")
    audit = (
        suite.api("admin").get("/audit", query_string={"action": "subscription.disabled", "limit": 200}).json["items"]
    )
    assert any(entry["subject"]["id"] == made["id"] for entry in audit)
    before = len(log_of(suite, made))
    write_ticket(suite)
    assert len(log_of(suite, made)) == before, "what comes meanwhile is not collected: it comes by a replay"
    back = suite.api("admin").post(f"/subscriptions/{made['id']}/enable", version=gone["version"]).json
    assert (back["state"], back["failures"], back["why"]) == ("active", 0, "")


def test_a_target_that_is_gone_is_believed_at_once(suite: InProcessSuite, target: Target):
    made = subscribe(suite, target)
    target.answer = lambda _number: (410, {})
    write_ticket(suite)
    deliver(suite)
    assert (shown(suite, made)["state"], shown(suite, made)["why"]) == ("disabled", "410")


def test_paused_it_collects_and_delivers_afterwards(suite: InProcessSuite, target: Target):
    made = subscribe(suite, target, types=["ticket.created.v1"])
    admin = suite.api("admin")
    paused = admin.post(f"/subscriptions/{made['id']}/pause", version=made["version"]).json
    write_ticket(suite)
    deliver(suite)
    assert target.calls == []
    admin.post(f"/subscriptions/{made['id']}/enable", version=paused["version"])
    deliver(suite)
    assert len(target.calls) == 1


def test_the_button_sends_a_test_and_shows_the_answer(suite: InProcessSuite, target: Target):
    made = subscribe(suite, target)
    outcome = suite.api("admin").made(f"/subscriptions/{made['id']}/test", None)
    assert (outcome["ok"], outcome["status"]) == (True, 204)
    headers, body = target.calls[0]
    assert Webhook(made["secret"]).verify(body, headers)["type"] == "playdesk.subscription.tested.v1"
    assert log_of(suite, made) == []
    target.answer = lambda _number: (302, {"Location": target.url})
    refused = suite.api("admin").made(f"/subscriptions/{made['id']}/test", None)
    assert (refused["ok"], refused["status"], len(target.calls)) == (False, 302, 2), "a redirect is not followed"


def test_a_delivery_is_sent_once_more_by_hand(suite: InProcessSuite, target: Target):
    made = subscribe(suite, target, types=["ticket.created.v1"])
    write_ticket(suite)
    deliver(suite)
    [delivery] = log_of(suite, made)
    again = suite.api("admin").made(f"/webhooks/deliveries/{delivery['id']}/resend", None)
    assert again["state"] == "pending"
    deliver(suite)
    assert len({headers["webhook-id"] for headers, _ in target.calls}) == 1
    assert len(target.calls) == 2


def test_bound_to_a_department_it_is_told_of_that_alone(suite: InProcessSuite, target: Target):
    subscribe(suite, target, types=["ticket.created.v1"], department_id=suite.departments["二部"])
    write_ticket(suite, "A001")
    own = write_ticket(suite, "B001")
    deliver(suite)
    assert [json.loads(body)["subject"] for _, body in target.calls] == [own["id"]]


def test_a_worker_killed_after_the_call_makes_it_again_with_the_same_id(
    suite: InProcessSuite, target: Target, monkeypatch
):
    """The lease runs out: the fact is on the wire twice, and its `webhook-id` says that it is one."""
    subscribe(suite, target, types=["ticket.created.v1"])
    write_ticket(suite)
    with monkeypatch.context() as killed:
        killed.setattr(delivering, "_note", lambda *_: (_ for _ in ()).throw(SystemExit("killed")))
        with pytest.raises(SystemExit):
            deliver(suite)
    deliver(suite)
    assert len(target.calls) == 1, "while its lease runs, nobody else takes it"
    later(suite)
    deliver(suite)
    assert len(target.calls) == 2
    assert len({headers["webhook-id"] for headers, _ in target.calls}) == 1


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"name": "Überall"}, "/name"),
        ({"name": "a"}, "/name"),
        ({"types": []}, "/types"),
        ({"types": ["ticket.(created)"]}, "/types/0"),
        ({"url": None}, "/url"),
        ({"max_length": 1000}, "/max_length"),
        ({"department_id": "nope"}, "/department_id"),
        ({"secret": "mine"}, "/secret"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(suite: InProcessSuite, target: Target, fields, pointer):
    wanted = {"name": "hook-wrong", "types": ["#"], "delivery": "webhook", "url": target.url, **fields}
    answer = suite.api("admin").post("/subscriptions", wanted)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)


def test_a_name_is_taken_once_and_a_key_repeats_the_answer(suite: InProcessSuite, target: Target):
    wanted = {"name": "hook-once", "types": ["#"], "delivery": "webhook", "url": target.url}
    admin = suite.api("admin")
    first, again = (
        admin.made("/subscriptions", wanted, key="k-once"),
        admin.made("/subscriptions", wanted, key="k-once"),
    )
    assert first == again
    taken = admin.post("/subscriptions", {**wanted, "name": "hook-once"})
    assert (taken.status_code, taken.json["code"]) == (409, "duplicate_subscription")


def test_without_a_broker_a_queue_is_refused_with_the_reason(suite: InProcessSuite):
    answer = suite.api("admin").post("/subscriptions", {"name": "erp-queue", "types": ["#"], "delivery": "amqp"})
    assert (answer.status_code, answer.json["code"]) == (409, "no_broker")


def test_a_replay_sends_again_to_one_alone_and_says_so(suite: InProcessSuite, target: Target):
    from chassis.jobs.running import work_off

    other = Target().start()
    write_ticket(suite)
    begin = utc_now()
    tickets = [write_ticket(suite)["id"] for _ in range(3)]
    end = utc_now()
    write_ticket(suite)
    made = subscribe(suite, target, types=["ticket.created.v1"])
    subscribe(suite, other, types=["ticket.created.v1"])
    asked = {"subscription": made["name"], "from": begin.isoformat(), "to": end.isoformat()}
    job = suite.api("admin").made("/event-replays", asked)
    while work_off(suite.gateway_runtime):
        pass
    deliver(suite)
    done = suite.api("admin").get(f"/jobs/{job['id']}").json
    assert (done["state"], done["outcome"]["sent"], done["done"] == done["total"]) == ("done", 3, True), done
    events = [json.loads(body) for _, body in target.calls]
    assert [event["subject"] for event in events] == tickets
    assert all(event["replayed"] is True for event in events)
    assert other.calls == []
    assert any(one["id"] == job["id"] for one in suite.api("admin").get("/jobs").json["items"])
    other.close()


def test_a_replay_outlives_more_outages_than_a_job_has_attempts(suite: InProcessSuite, target: Target, monkeypatch):
    """A service that is away is no fault of the job: it is taken again after a pause, and goes on where it stopped."""
    from chassis.jobs.running import work_off
    from gateway.integration import replaying

    begin = utc_now()
    tickets = [write_ticket(suite)["id"] for _ in range(12)]
    made = subscribe(suite, target, types=["ticket.created.v1"])
    monkeypatch.setattr(replaying, "PAGE", 1)
    read, turns = replaying.MergedLog.read, itertools.count()

    def shaky(self: Any, *given: Any, **named: Any) -> Any:
        if next(turns) % 2:
            raise ServiceDown("ticket", "it is restarted") if next(outages) % 2 else BusDown("it is restarted")
        return read(self, *given, **named)

    outages = itertools.count()
    monkeypatch.setattr(replaying.MergedLog, "read", shaky)
    job = suite.api("admin").made("/event-replays", {"subscription": made["name"], "from": begin.isoformat()})
    takes = 0
    while (found := suite.api("admin").get(f"/jobs/{job['id']}").json)["state"] in ("queued", "running"):
        assert work_off(suite.gateway_runtime)
        takes += 1
        assert not work_off(suite.gateway_runtime), "not before the pause is over"
        with suite.raw("gateway") as connection:
            connection.execute(text("UPDATE jobs SET lease_until = now() WHERE state = 'queued'"))
    deliver(suite)
    assert takes > MOST_ATTEMPTS
    assert (found["state"], found["outcome"]) == ("done", {"sent": 12}), found
    assert [json.loads(body)["subject"] for _, body in target.calls] == tickets, "each once, in their order"


def test_a_replay_stopped_at_any_step_writes_no_delivery_down_twice(suite: InProcessSuite, target: Target, monkeypatch):
    from chassis.jobs.running import Run, work_off
    from gateway.integration import replaying

    begin = utc_now()
    tickets = [write_ticket(suite)["id"] for _ in range(4)]
    made = subscribe(suite, target, types=["ticket.created.v1"])
    monkeypatch.setattr(replaying, "PAGE", 2)
    job = suite.api("admin").made("/event-replays", {"subscription": made["name"], "from": begin.isoformat()})
    step = Run.step
    for stopped_after in range(1, 8):
        left, stop = itertools.count(1), threading.Event()

        def counted(self: Any, _left: Any = left, _stop: Any = stop, _most: int = stopped_after, **values: Any) -> Any:
            if next(_left) > _most:
                _stop.set()
            return step(self, **values)

        monkeypatch.setattr(Run, "step", counted)
        work_off(suite.gateway_runtime, stop)
    monkeypatch.setattr(Run, "step", step)
    work_off(suite.gateway_runtime)
    deliver(suite)
    assert suite.api("admin").get(f"/jobs/{job['id']}").json["state"] == "done"
    assert [json.loads(body)["subject"] for _, body in target.calls] == tickets


def test_a_replay_that_waits_for_a_week_is_given_up(suite: InProcessSuite, target: Target, monkeypatch):
    from chassis.jobs.running import work_off
    from gateway.integration import replaying

    def away(*_: Any, **__: Any) -> Any:
        raise ServiceDown("ticket", "for good")

    begin = utc_now()
    write_ticket(suite)
    made = subscribe(suite, target, types=["ticket.created.v1"])
    job = suite.api("admin").made("/event-replays", {"subscription": made["name"], "from": begin.isoformat()})
    monkeypatch.setattr(replaying.MergedLog, "read", away)
    work_off(suite.gateway_runtime)
    assert suite.api("admin").get(f"/jobs/{job['id']}").json["state"] == "queued"
    with suite.raw("gateway") as connection:
        aged = "UPDATE jobs SET lease_until = now(), created_at = now() - interval '8 days' WHERE id = :id"
        connection.execute(text(aged), {"id": job["id"]})
    work_off(suite.gateway_runtime)
    found = suite.api("admin").get(f"/jobs/{job['id']}").json
    assert (found["state"], found["error"]["code"]) == ("failed", "gave_up")


def test_a_worker_whose_lease_ran_out_writes_nothing_over_the_other_s(suite: InProcessSuite, target: Target):
    made = subscribe(suite, target, types=["ticket.created.v1"])
    write_ticket(suite)
    slow = delivering._take(suite.gateway_runtime, made["id"])
    assert slow is not None
    later(suite)
    deliver(suite)
    delivering._note(suite.gateway_runtime, slow, delivering.Outcome(False, None, "too late", 0, ""))
    [one] = log_of(suite, made)
    assert (one["state"], len(one["tries"])) == ("delivered", 1)


def test_a_worker_that_is_stopped_again_and_again_uses_up_no_attempts_of_a_job(suite: InProcessSuite, target: Target):
    from chassis.jobs.running import work_off

    begin = utc_now()
    write_ticket(suite)
    made = subscribe(suite, target, types=["ticket.created.v1"])
    job = suite.api("admin").made("/event-replays", {"subscription": made["name"], "from": begin.isoformat()})
    stopped = threading.Event()
    stopped.set()
    for _ in range(2 * MOST_ATTEMPTS):
        assert work_off(suite.gateway_runtime, stopped)
    assert work_off(suite.gateway_runtime)
    assert suite.api("admin").get(f"/jobs/{job['id']}").json["state"] == "done"


def test_who_may_not_administer_subscribes_to_nothing(suite: InProcessSuite, target: Target):
    made = subscribe(suite, target)
    for no in ("A001", "M001", "S001", "Q001"):
        assert suite.api(no).get("/subscriptions").status_code == 403
        assert suite.api(no).get("/webhooks/deliveries").status_code == 403
        assert (
            suite.api(no)
            .post("/event-replays", {"subscription": made["name"], "from": utc_now().isoformat()})
            .status_code
            == 403
        )


def given_up(suite: InProcessSuite, made: dict[str, Any]) -> None:
    """The oldest delivery has failed for good."""
    with suite.raw("gateway") as connection:
        oldest = "SELECT min(id::text)::uuid FROM webhook_deliveries WHERE subscription_id = :id AND state = 'pending'"
        query = f"UPDATE webhook_deliveries SET state = 'failed' WHERE id = ({oldest})"
        connection.execute(text(query), {"id": made["id"]})


def told(target: Target) -> list[tuple[str, str]]:
    """Whose fact came, and which, call by call."""
    bodies = [json.loads(body) for _, body in target.calls]
    return [(one["subject"], one["type"].split(".")[2]) for one in bodies]


def test_facts_of_one_record_come_in_their_order_though_one_fails_and_others_go_on(
    suite: InProcessSuite, target: Target
):
    made = subscribe(suite, target, types=["ticket.created.v1", "ticket.started.v1"])
    first = write_ticket(suite)
    target.answer = lambda number: (500, {}) if number == 1 else (204, {})
    deliver(suite)
    suite.api("A001").made(f"/tickets/{first['id']}/start", None, version=first["version"])
    other = write_ticket(suite)
    with suite.raw("gateway") as connection:
        connection.execute(text("UPDATE subscriptions SET rest_until = NULL"))
    deliver(suite)
    assert told(target) == [(first["id"], "created"), (other["id"], "created")], (
        "the newer fact waits for the older one"
    )
    later(suite)
    deliver(suite)
    assert told(target)[2:] == [(first["id"], "created"), (first["id"], "started")]
    assert {one["state"] for one in log_of(suite, made)} == {"delivered"}


def test_what_is_given_up_holds_up_nothing_any_more(suite: InProcessSuite, target: Target):
    made = subscribe(suite, target, types=["ticket.created.v1", "ticket.started.v1"])
    first = write_ticket(suite)
    suite.api("A001").made(f"/tickets/{first['id']}/start", None, version=first["version"])
    suite.pump()
    given_up(suite, made)
    deliver(suite)
    assert told(target) == [(first["id"], "started")]


def test_two_workers_make_no_two_deliveries_of_one_record_at_once(suite: InProcessSuite, target: Target):
    made = subscribe(suite, target, types=["ticket.created.v1", "ticket.started.v1"])
    first = write_ticket(suite)
    suite.api("A001").made(f"/tickets/{first['id']}/start", None, version=first["version"])
    suite.pump()
    runtime = suite.gateway_runtime
    under_way = delivering._take(runtime, made["id"])
    assert under_way is not None
    assert delivering._take(runtime, made["id"]) is None, "while the first is under way at another worker"
    assert made["id"] not in delivering.due(runtime, utc_now())


def test_names_are_looked_up_and_targets_called_with_no_transaction_open(
    suite: InProcessSuite, target: Target, monkeypatch
):
    """A slow resolver, or a slow target, must not hold a connection of the database until that gives up."""
    made = subscribe(suite, target.url.replace("127.0.0.1", "localhost"), types=["ticket.created.v1"])
    write_ticket(suite)
    pool, out = suite.gateway_runtime.database.engine.pool, []
    before = pool.checkedout()
    resolve = addresses.resolve

    def slowly(host: str, port: int) -> list[str]:
        out.append(pool.checkedout() - before)
        return [one for one in resolve(host, port) if ":" not in one]

    monkeypatch.setattr(addresses.target_of, "__kwdefaults__", {"find": slowly})
    deliver(suite)
    assert out == [0]
    assert [one["state"] for one in log_of(suite, made)] == ["delivered"]
    assert suite.api("admin").post(f"/subscriptions/{made['id']}/test").status_code == 200
    assert out == [0, 0], "the button, too"


def test_what_cannot_even_be_tried_is_a_failure_with_its_reason_and_in_the_log(
    suite: InProcessSuite, target: Target, monkeypatch, caplog
):
    made = subscribe(suite, target, types=["ticket.created.v1"])
    write_ticket(suite)

    def lost(*_: Any) -> list[str]:
        raise RuntimeError("the key is lost")

    monkeypatch.setattr(delivering, "secrets_of", lost)
    deliver(suite)
    [one] = log_of(suite, made)
    assert (one["state"], one["tries"][0]["error"]) == ("pending", "RuntimeError")
    assert shown(suite, made)["failures"] == 1
    assert "a delivery cannot be made" in caplog.text
    monkeypatch.setattr(delivering, "_take", lost)
    delivering._serve_or_say(
        suite.gateway_runtime, made["id"], threading.Event(), delivering.QueueSender(suite.gateway_runtime)
    )
    assert "a subscription cannot be served" in caplog.text
