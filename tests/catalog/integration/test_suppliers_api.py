"""The routes of suppliers: made, changed, found, removed while no item has them; what of a contact is told (C7 to C10)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from chassis.clock import new_id
from tests.catalog.shop import SUPERVISOR

PHONE, MASKED = "13812345678", "138****5678"
ACME = {"name": "星河贸易", "code": "SUP-01", "contact": f"王经理 {PHONE}", "note": f"急事打 {PHONE}"}


@pytest.fixture
def acme(shop):
    """A supplier whose contact holds a phone number."""
    made = shop.supervisor.post("/suppliers", ACME)
    assert made.status_code == 201, made.text
    return made.json


def test_a_supplier_is_made_changed_and_removed(shop):
    made = shop.supervisor.post("/suppliers", ACME)
    path = f"/suppliers/{made.json['id']}"
    assert (made.status_code, made.headers["Location"]) == (201, f"/api/v1{path}")
    assert {name: made.json[name] for name in ACME} == ACME
    after = shop.admin.patch(path, {"code": None, "name": "星海贸易"}, version=1)
    assert (after.status_code, after.json["code"], after.json["name"], after.json["version"]) == (
        200,
        None,
        "星海贸易",
        2,
    )
    assert shop.admin.delete(path, version=2).status_code == 204
    assert shop.admin.get(path).status_code == 404


def test_a_name_is_enough(shop):
    made = shop.admin.post("/suppliers", {"name": "只有名字"}).json
    assert (made["code"], made["contact"], made["note"]) == (None, "", "")
    again = shop.admin.post("/suppliers", {"name": "只有名字"})
    assert again.status_code == 201, "names may be alike, and missing codes are no duplicates"


def test_codes_differ_whatever_their_case(shop, acme):
    other = shop.admin.post("/suppliers", {"name": "另一家", "code": "sup-01"})
    assert (other.status_code, other.json["code"]) == (409, "duplicate_supplier")
    free = shop.admin.post("/suppliers", {"name": "另一家", "code": "sup-02"}).json
    taken = shop.admin.patch(f"/suppliers/{free['id']}", {"code": "SUP-01"}, version=1)
    assert (taken.status_code, taken.json["code"]) == (409, "duplicate_supplier")


@pytest.mark.parametrize("query", ["q=星河", "q=河贸", "q=xhmy", "q=XH", "q=sup-0", "q=SUP-01", ""])
def test_suppliers_are_found(shop, acme, query):
    shop.admin.post("/suppliers", {"name": "北斗道具", "code": "BD"})
    names = [one["name"] for one in shop.agent.get(f"/suppliers?{query}").json["items"]]
    assert "星河贸易" in names
    assert ("北斗道具" in names) == (query == "")


def test_nobody_is_found_by_the_digits_of_a_phone_number(shop, acme):
    for digits in (PHONE, "5678", "1381"):
        assert shop.admin.get(f"/suppliers?q={digits}").json["items"] == []


def test_suppliers_are_paged_in_every_order(shop):
    made = {shop.admin.post("/suppliers", {"name": f"供应商{number}"}).json["id"] for number in range(3)}
    for sort in ("name", "-name", "created_at", "-created_at"):
        seen, cursor = [], ""
        while cursor is not None:
            page = shop.agent.get(f"/suppliers?sort={sort}&limit=1" + (f"&cursor={cursor}" if cursor else "")).json
            seen += [one["id"] for one in page["items"]]
            cursor = page["next_cursor"]
        assert (len(seen), set(seen)) == (3, made)


def test_a_contacts_phone_number_is_shown_only_to_who_may_change_it_and_in_no_list(shop, acme):
    path = f"/suppliers/{acme['id']}"
    whole, masked = shop.supervisor.get(path).json, shop.agent.get(path).json
    assert (whole["contact"], whole["contact_visible"]) == (ACME["contact"], True)
    assert (masked["contact"], masked["contact_visible"]) == (f"王经理 {MASKED}", False)
    for person in (shop.agent, shop.supervisor, shop.admin):
        assert PHONE not in person.get("/suppliers").text
        assert MASKED in person.get("/suppliers").text
    assert PHONE not in shop.agent.get(path).text


def test_each_change_is_a_fact_with_the_whole_supplier_and_no_phone_number(shop, acme):
    path = f"/suppliers/{acme['id']}"
    shop.admin.patch(path, {"name": "星海贸易"}, version=1)
    shop.admin.delete(path, version=2)
    made, changed, gone = shop.facts(acme["id"])
    assert {fact.type for fact in (made, changed, gone)} == {"supplier.changed.v1"}
    assert made.data["contact"] == f"王经理 {MASKED}"
    assert not any(PHONE in str(fact.data) for fact in (made, changed, gone))
    assert (changed.data["changed"], changed.data["name"], changed.entity_version) == (["name"], "星海贸易", 2)
    assert [fact.data["removed"] for fact in (made, changed, gone)] == [False, False, True]
    assert gone.entity_version == 3


def test_a_change_that_changes_nothing_is_no_change(shop, acme):
    same = shop.admin.patch(f"/suppliers/{acme['id']}", {"name": ACME["name"]}, version=1)
    assert (same.status_code, same.json) == (200, acme)
    assert len(shop.facts(acme["id"])) == 1


def test_an_item_is_given_a_supplier_and_found_by_it(shop, acme):
    item, other = shop.stock("10.00", "20.00")
    path = f"/items/{item['id']}"
    given = shop.supervisor.patch(path, {"supplier_id": acme["id"]}, version=item["version"])
    assert (given.status_code, given.json["supplier_id"], given.json["supplier_name"]) == (200, acme["id"], "星河贸易")
    assert shop.agent.get(path).json == given.json
    found = shop.agent.get(f"/items?supplier_id={acme['id']}").json["items"]
    assert [one["id"] for one in found] == [item["id"]]
    fact = shop.facts(item["id"])[-1]
    assert (fact.type, fact.data["changed"], fact.data["supplier_id"]) == (
        "item.updated.v1",
        ["supplier_id"],
        acme["id"],
    )
    back = shop.supervisor.patch(path, {"supplier_id": None}, version=given.json["version"]).json
    assert (back["supplier_id"], back["supplier_name"]) == (None, None)
    assert shop.supervisor.patch(path, {"supplier_id": new_id()}, version=back["version"]).status_code == 404
    assert shop.agent.get(f"/items/{other['id']}").json == other


def test_a_sync_leaves_supplier_and_buyer_alone(shop, acme):
    item = shop.stock("10.00")[0]
    shop.supervisor.patch(f"/items/{item['id']}", {"supplier_id": acme["id"]}, version=1)
    after = shop.stock("12.00")[0]
    assert (after["price"]["amount"], after["supplier_id"]) == ("12.00", acme["id"])


def test_a_buyer_is_somebody_in_service_or_stays_who_it_was(shop):
    item = shop.stock("10.00")[0]
    path, buyer = f"/items/{item['id']}", new_id()
    assert shop.supervisor.patch(path, {"buyer": buyer}, version=1).status_code == 404
    proven = shop.service.person(*SUPERVISOR, scope="all", references={"staff": [{"id": buyer}]})
    assert proven.patch(path, {"buyer": buyer}, version=1).json["buyer"] == buyer
    kept = shop.supervisor.patch(path, {"buyer": buyer, "note": "还是她"}, version=2)
    assert (kept.status_code, kept.json["buyer"], kept.json["note"]) == (200, buyer, "还是她")
    assert shop.supervisor.patch(path, {"buyer": None}, version=3).json["buyer"] is None


def test_a_supplier_that_items_have_is_not_removed_and_the_refusal_counts_them(shop, acme):
    for item in shop.stock("10.00", "20.00"):
        shop.supervisor.patch(f"/items/{item['id']}", {"supplier_id": acme["id"]}, version=1)
    refused = shop.admin.delete(f"/suppliers/{acme['id']}", version=1)
    assert (refused.status_code, refused.json["code"], refused.json["items"]) == (409, "supplier_in_use", 2)
    assert "2" in refused.json["detail"]
    assert shop.admin.get(f"/suppliers/{acme['id']}").json == acme


def test_a_supplier_is_removed_or_given_to_an_item_and_never_both(shop):
    item = shop.stock("10.00")[0]
    for _ in range(10):
        supplier = shop.admin.post("/suppliers", {"name": "抢"}).json
        version = shop.agent.get(f"/items/{item['id']}").json["version"]
        together = Barrier(2)

        def give(supplier=supplier, version=version, together=together):
            together.wait()
            body = {"supplier_id": supplier["id"]}
            return shop.supervisor.patch(f"/items/{item['id']}", body, version=version).status_code

        def remove(supplier=supplier, together=together):
            together.wait()
            return shop.admin.delete(f"/suppliers/{supplier['id']}", version=1).status_code

        with ThreadPoolExecutor(2) as pool:
            answers = [pool.submit(give), pool.submit(remove)]
            found = tuple(answer.result() for answer in answers)
        assert found in ((200, 409), (404, 204)), found


def test_versions_are_asked_for(shop, acme):
    path = f"/suppliers/{acme['id']}"
    assert shop.admin.patch(path, {"note": "x"}).status_code == 428
    assert shop.admin.delete(path).status_code == 428
    shop.admin.patch(path, {"note": "先"}, version=1)
    stale = shop.supervisor.patch(path, {"note": "后"}, version=1)
    assert (stale.status_code, stale.json["current"]["note"]) == (412, "先")
    assert shop.admin.delete(path, version=1).status_code == 412


def test_a_repeated_key_makes_one_supplier(shop):
    first, again = (shop.admin.post("/suppliers", ACME, key="supplier") for _ in range(2))
    assert first.json == again.json
    assert len(shop.admin.get("/suppliers").json["items"]) == 1


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/name", "required"),
        ({"name": " "}, "/name", "blank"),
        ({"name": "x", "code": ""}, "/code", "blank"),
        ({"name": "x", "contact": "x" * 201}, "/contact", "too_long"),
        ({"name": "x", "phone": PHONE}, "/phone", "unknown_field"),
    ],
)
def test_wrong_fields_are_pointed_at(shop, body, pointer, code):
    answer = shop.admin.post("/suppliers", body)
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json["errors"]] == [(pointer, code)]


def test_permissions_decide(shop, acme):
    path, nobody = f"/suppliers/{acme['id']}", shop.service.person()
    assert nobody.get("/suppliers").status_code == nobody.get(path).status_code == 403
    assert shop.agent.post("/suppliers", ACME).status_code == 403
    assert shop.agent.patch(path, {"note": "x"}, version=1).status_code == 403
    assert shop.agent.delete(path, version=1).status_code == 403
