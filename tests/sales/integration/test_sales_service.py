"""The sales service as a whole: its settings, its schema, its documents, and its use in one process without HTTP."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import orjson
import pytest
from environs.exceptions import EnvValidationError

from chassis.clock import new_id, rfc3339, utc_now
from chassis.data.migrations import differences
from chassis.facts.event import facts_of
from chassis.facts.inward import contracts_of
from chassis.http.documents import generated, outdated
from chassis.money import Money
from chassis.ops.samples import sample_settings
from sales.api.schemas import CountersShown, OrderShown, SummaryShown, TouchShown
from sales.app import SERVICE
from sales.application.orders import add_payment, complete, place_order, ship
from sales.application.touches import log_touch
from sales.domain.order import Order
from sales.settings import SalesSettings
from tests.sales.desk import Desk, money
from tests.support.services import ServiceUnderTest

FACTS = {
    "touch.logged.v1",
    "order.placed.v1",
    "order.approved.v1",
    "order.paid.v1",
    "order.shipped.v1",
    "order.completed.v1",
    "order.cancelled.v1",
    "payment.received.v1",
    "return.requested.v1",
    "return.approved.v1",
    "return.rejected.v1",
    "return.refunded.v1",
    *(
        f"opportunity.{what}.v1"
        for what in [
            "opened",
            "updated",
            "moved",
            "won",
            "lost",
            "claimed",
            "assigned",
            "released",
            "recycled",
            "warned",
        ]
    ),
    *(f"lead.{what}.v1" for what in ["created", "updated", "assigned", "warned", "converted", "discarded", "reopened"]),
    "claim.requested.v1",
    "claim.approved.v1",
    "claim.rejected.v1",
    "claim.withdrawn.v1",
    "claim.paid.v1",
    "campaign.planned.v1",
    "campaign.started.v1",
    "campaign.ended.v1",
    "campaign.cancelled.v1",
    "campaign.removed.v1",
}


def test_the_limits_and_the_cool_down_are_settings(new_database: Callable[..., str]):
    service = ServiceUnderTest(
        SERVICE,
        new_database("sales"),
        ORDER_FREE_DISCOUNT="0.05",
        ORDER_APPROVAL_DISCOUNT="0.20",
        SUGGESTION_COOLDOWN_DAYS="0",
    )
    desk = Desk(service)
    states = [desk.order(price=money(price)).json.get("state") for price in ("95.00", "94.99", "80.00", "79.99")]
    assert states == ["awaiting_payment", "awaiting_approval", "awaiting_approval", None]
    desk.refuse()
    assert desk.pack["no"] in {one["pack_no"] for one in desk.summary()["suggestions"]}
    service.close()


def test_the_usual_settings_are_those_of_the_brief():
    settings = sample_settings(SalesSettings)
    assert (settings.limits.free, settings.limits.approval) == (Decimal("0.10"), Decimal("0.40"))
    assert settings.cooldown == timedelta(days=30)


def test_every_wrong_setting_is_named():
    with pytest.raises(EnvValidationError) as caught:
        sample_settings(SalesSettings, ORDER_FREE_DISCOUNT="much", SUGGESTION_COOLDOWN_DAYS="-1")
    assert set(caught.value.error_messages) == {"ORDER_FREE_DISCOUNT", "SUGGESTION_COOLDOWN_DAYS"}


def test_the_models_are_what_the_migration_makes(sales: ServiceUnderTest):
    with sales.runtime.database.engine.connect() as connection:
        assert differences(connection, SERVICE.metadata) == []


def test_the_facts_are_those_of_the_events_page():
    assert set(facts_of(SERVICE.emits)) == FACTS


def test_the_documents_are_what_the_code_generates(sales: ServiceUnderTest):
    folder = SERVICE.migrations.parent.parent
    heard = contracts_of(SERVICE.subscriptions)
    documents = generated(sales.app, SERVICE.name, SERVICE.title, SERVICE.emits, folder, heard)
    assert outdated(documents) == [], "run: make docs"


def test_the_gateway_is_told_what_to_look_up(sales: ServiceUnderTest):
    paths = sales.app.extensions["playdesk_api"].spec.to_dict()["paths"]
    for path in ("/touches", "/orders"):
        named = paths[f"/api/v1{path}"]["post"]["x-playdesk-references"]
        assert named == {"player_id": "player", "pack_no": "pack"}


def test_an_answer_holds_what_is_declared_and_no_more(desk: Desk):
    order = desk.pay(desk.order().json, "10.00").json
    desk.refuse(next_at=rfc3339(utc_now()))
    shown = {"/sales-summary?player_id=" + desk.player["id"]: SummaryShown, "/sales-counters": CountersShown}
    shown |= {f"/orders/{order['id']}": OrderShown, f"/touches/{order['touch_id']}": TouchShown}
    for path, schema in shown.items():
        answer = desk.agent.get(path).json
        assert set(answer) == set(schema().fields)
        assert schema(unknown="raise").validate(answer) == {}, path


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "1e400", "x", None, 1.5, [], "2026-11-22T00:00:00"])
def test_a_cursor_somebody_made_up_does_no_harm(desk: Desk, value: object):
    for path, sort in (("/orders", "total"), ("/orders", "-placed_at"), ("/touches", "next_at")):
        packed = urlsafe_b64encode(orjson.dumps([sort, value, new_id()])).decode().rstrip("=")
        assert desk.agent.get(f"{path}?sort={sort}&cursor={packed}").status_code in (200, 400, 422)


def test_every_problem_speaks_the_callers_language(desk: Desk):
    for language, title in (("zh", "成交价不能高于礼包价"), ("en", "The price may not lie above the pack's price")):
        answer = desk.agent.post(
            "/orders",
            {"player_id": desk.player["id"], "pack_no": desk.pack["no"], "price": money("200.00")},
            headers={"Accept-Language": language},
        )
        assert (answer.status_code, answer.json["title"]) == (409, title)


def test_the_use_cases_work_in_one_process_at_any_moment(desk: Desk):
    desk.know(players=(desk.player,), packs=(desk.pack,))
    then = utc_now() - timedelta(days=90)
    with desk.work(now=then) as work:
        fields = {"player_id": desk.player["id"], "pack_no": desk.pack["no"]}
        touch = log_touch(work, {**fields, "channel": "wechat", "outcome": "considering"})
        order = place_order(work, {**fields, "touch_id": touch.id, "quantity": 2}, timezone="Asia/Shanghai")
        for amount in ("150.00", "50.00"):
            paid = {"method": "alipay", "amount": Money(Decimal(amount)), "external_no": new_id()}
            add_payment(work, order.id, paid)
        ship(work, order.id)
        complete(work, order.id)
    with desk.work() as work:
        kept = work.get(Order, order.id)
        assert (kept.state, kept.paid_total, kept.created_at, kept.version) == ("completed", 200, then, 5)
    types = [(fact.type.split(".v")[0], fact.entity_version) for fact in desk.facts(order.id)]
    steps = ["order.placed", "order.paid", "order.shipped", "order.completed"]
    assert types == list(zip(steps, (1, 3, 4, 5), strict=True))
