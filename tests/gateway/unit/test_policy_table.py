"""The table of who may do what, against the routes: nothing is asked for that nobody has, nothing is given that nothing asks."""

from __future__ import annotations

from chassis.data.search import guess
from gateway.clients import directory
from gateway.policies import ACTIONS, OWN, PLAIN_ROLE, PUBLIC_ENDPOINTS, ROLES
from tests.support.suite_in_process import InProcessSuite

# Told from within by a field of the answer, not by a route.
NOT_OF_A_ROUTE = {"player.phone.see", "role.grant"}
# What is written under one name and read under another.
READ_WITH = {
    "message": "session",
    "opportunity": "sales",
    "lead": "sales",
    "pool": "sales",
    "order": "sales",
    "touch": "sales",
    "return": "sales",
    "claim": "sales",
    "campaign": "sales",
    "role": "staff",
    "cause": "ticket",
    "scorecard": "review",
    "sampling_rule": "review",
}


def asked_for(suite: InProcessSuite) -> set[str]:
    document = suite.openapi()["paths"].values()
    routes = {
        m["x-playdesk-action"]
        for ms in document
        for m in ms.values()
        if isinstance(m, dict) and "x-playdesk-action" in m
    }
    pages = {getattr(view, "policy", None) for view in suite.gateway.view_functions.values()}
    return (routes | pages) - {None, "public"}


def test_every_action_a_route_asks_for_is_in_the_table(suite: InProcessSuite):
    assert asked_for(suite) <= ACTIONS


def test_every_action_in_the_table_is_asked_for_by_some_route(suite: InProcessSuite):
    if not suite.missing:
        assert ACTIONS - asked_for(suite) <= NOT_OF_A_ROUTE


def test_whoever_writes_may_also_read():
    for role in ROLES.values():
        for action in role.actions:
            kind = READ_WITH.get(action.split(".")[0], action.split(".")[0])
            assert f"{kind}.read" in role.actions, (role.code, action)


def test_an_inspector_only_reads_and_reviews_and_alone_reads_what_is_masked():
    own = ("review.", "scorecard.", "sampling_rule.")
    others = {one for one in ROLES["inspector"].actions if not one.endswith(".read") and not one.startswith(own)}
    assert others == {"message.unmask"}
    assert [role.code for role in ROLES.values() if "message.unmask" in role.actions] == ["inspector"]


def test_the_plain_role_reaches_only_its_own_and_sees_no_whole_numbers():
    assert ROLES[PLAIN_ROLE].scope == "self"
    assert not {"player.phone.see", "staff.write", "discount_rule.write", "event.read"} & ROLES[PLAIN_ROLE].actions


def test_every_public_endpoint_is_there(suite: InProcessSuite):
    assert set(suite.gateway.view_functions) >= PUBLIC_ENDPOINTS


def test_every_operation_is_found_by_its_path_and_method(suite: InProcessSuite):
    for operation in directory.all_operations():
        path = operation.rule.replace("{", "").replace("}", "")
        assert directory.find(operation.method, path) == operation
        assert operation.action in ACTIONS | {OWN}
    assert directory.find("GET", "/api/v1/nope") is None


def test_no_path_is_served_by_two_services(suite: InProcessSuite):
    rules = [(operation.method, operation.rule) for operation in directory.all_operations()]
    assert len(rules) == len(set(rules))


def test_what_was_typed_is_guessed():
    typed = {
        "13800008000": "phone",
        "+86 138 0000 8000": "phone",
        "8000": "phone_tail",
        "T20261122-0042": "ticket_no",
        "o20261122": "order_no",
        "P1024": "pack_no",
        "半盏": "name",
        "wx_abc": "handle",
    }
    assert {text: guess(text) for text in typed} == typed
