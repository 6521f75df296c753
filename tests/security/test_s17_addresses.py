"""S17: webhooks go to public addresses alone: no form of a private one, no redirect, no name that changes its mind."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from chassis.clock import new_id
from gateway.integration import addresses, sending
from gateway.integration.addresses import AddressRefused, target_of
from tests.gateway.integration.webhook_target import Target
from tests.support.suite_in_process import InProcessSuite

PRIVATE = [
    "http://127.0.0.1/", "https://127.0.0.1/", "https://127.1/", "https://0177.0.0.1/", "https://0x7f.0.0.1/",
    "https://2130706433/", "https://0x7f000001/", "https://[::1]/", "https://[::]/", "https://0.0.0.0/", "https://localhost/",
    "https://10.0.0.1/", "https://172.16.0.1/", "https://192.168.1.1/", "https://100.64.0.1/", "https://169.254.169.254/",
    "https://[fe80::1]/", "https://[fc00::1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:10.0.0.1]/",
    "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://224.0.0.1/", "https://[ff02::1]/",
    "https://255.255.255.255/", "https://192.0.2.1/", "https://198.18.0.1/", "https://[::127.0.0.1]/",
]  # fmt: skip
WRONG = [
    "file:///etc/passwd", "ftp://example.com/", "gopher://127.0.0.1:6379/_", "javascript:alert(1)", "//127.0.0.1/", "127.0.0.1",
    "https://", "https:///path", "https://user@example.com/", "https://example.com\\@127.0.0.1/",
    "https://example.com:99999/", "https://例子.com/", "https://exa mple.com/", "https://[::1", "http://8.8.8.8/",
]  # fmt: skip


@pytest.fixture
def canary() -> Iterator[Target]:
    """Listens where nothing may ever come."""
    found = Target().start()
    yield found
    found.close()


@pytest.mark.parametrize("url", [*PRIVATE, *WRONG])
def test_an_address_that_is_not_public_is_refused_before_anything_is_sent(url: str):
    with pytest.raises(AddressRefused):
        target_of(url, [])


def test_a_public_address_is_reached_by_the_very_address_that_was_judged():
    target = target_of("https://hooks.example.com/a?b=c", [], find=lambda *_: ["93.184.216.34"])
    assert (target.address, target.host, target.path) == ("93.184.216.34", "hooks.example.com", "/a?b=c")
    assert target.authority == "hooks.example.com"


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    with pytest.raises(AddressRefused):
        target_of("https://hooks.example.com/", [], find=lambda *_: ["93.184.216.34", "127.0.0.1"])


def test_a_listed_network_is_reached_and_its_neighbour_is_not(canary: Target):
    assert target_of(canary.url, ["127.0.0.1/32"]).address == "127.0.0.1"
    with pytest.raises(AddressRefused):
        target_of("http://127.0.0.2/", ["127.0.0.1/32"])
    assert target_of("http://[::ffff:127.0.0.1]/", ["127.0.0.1/32"]).port == 80


def test_a_name_that_means_another_address_a_moment_later_leads_nowhere(canary: Target, monkeypatch):
    """DNS rebinding: public when it is judged, loopback when it is used."""
    answers = iter(["93.184.216.34"])
    target = target_of("https://rebind.example.com/", [], find=lambda *_: [next(answers)])
    asked: list[Any] = []

    def connect(address: Any, *_rest: Any, **_more: Any) -> Any:
        asked.append(address)
        raise OSError("no connection from a test to the outside")

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    outcome = sending.send(target, new_id(), "{}", ["whsec_" + "A" * 44])
    assert not outcome.ok
    assert {address[0] for address in asked} == {"93.184.216.34"}, "the name is not asked for again"
    assert canary.calls == []


def test_a_redirect_to_a_private_address_is_not_followed(canary: Target):
    redirecting = Target(answer=lambda _number: (307, {"Location": canary.url})).start()
    outcome = sending.send(target_of(redirecting.url, ["127.0.0.1/32"]), new_id(), "{}", ["whsec_" + "A" * 44])
    assert (outcome.ok, outcome.status) == (False, 307)
    assert canary.calls == []
    redirecting.close()


def test_by_the_api_each_form_is_refused_with_its_reason_and_the_canary_hears_nothing(
    suite: InProcessSuite, canary: Target, figure
):
    admin, port = suite.api("admin"), canary.server.server_port
    forms = [
        f"http://{host}:{port}/" for host in ("127.0.0.1", "0177.0.0.1", "2130706433", "localhost", "127.1", "[::1]")
    ]
    for url in [*forms, *PRIVATE, *WRONG]:
        wanted = {"name": f"s17-{new_id()[-12:]}", "types": ["#"], "delivery": "webhook", "url": url}
        answer = admin.post("/subscriptions", wanted)
        assert answer.status_code == 422, (url, answer.text)
        assert answer.json["code"] in ("address_refused", "wrong_fields")
    figure("S17", addresses=len(forms) + len(PRIVATE) + len(WRONG), canary_hits=len(canary.calls))
    assert canary.calls == []


def test_an_address_that_becomes_private_later_is_refused_when_it_is_sent_to(suite: InProcessSuite, canary: Target):
    """The network is taken off the list: what was subscribed under it gets nothing any more."""
    from tests.gateway.integration.test_webhooks import deliver, log_of, subscribe, write_ticket

    admin = suite.api("admin")
    listed = admin.made("/webhooks/networks", {"network": "127.0.0.0/8"})
    made = subscribe(suite, canary)
    assert admin.delete(f"/webhooks/networks/{listed['id']}").status_code == 204
    write_ticket(suite)
    deliver(suite)
    assert canary.calls == []
    [tried] = [one for one in log_of(suite, made) if one["tries"]]
    assert tried["tries"][0]["error"].startswith("Nothing is sent to this address")
    assert admin.post(f"/subscriptions/{made['id']}/test").status_code == 422
    admin.delete(f"/subscriptions/{made['id']}", version=made["version"])


def test_the_systems_resolver_is_what_judges(monkeypatch):
    seen: list[str] = []

    def find(host: str, port: int, **_more: Any) -> Any:
        seen.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", find)
    with pytest.raises(AddressRefused):
        target_of("https://intern.example.com/", [])
    assert seen == ["intern.example.com"]
