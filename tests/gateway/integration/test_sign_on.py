"""Single sign-on: by OpenID Connect and by 企业微信, against a stand-in over real HTTP that also lies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from flask import Flask
from joserfc.jwk import RSAKey
from sqlalchemy import text

from chassis.service import Runtime
from gateway.app import SERVICE, make_gateway
from gateway.identity import oidc
from gateway.identity.errors import SignOnNobody
from gateway.identity.wecom import LASTS
from tests.gateway.integration.identity_provider import AGENT, CLIENT, CORP, SECRET, WECOM_SECRET, IdentityProvider
from tests.support.suite_in_process import InProcessSuite, Member, Pages, new_member

BASE = {"base_url": "https://desk.example.com"}


@contextmanager
def standing_in() -> Iterator[IdentityProvider]:
    """A provider that runs within the block."""
    found = IdentityProvider()
    try:
        yield found
    finally:
        found.close()


@contextmanager
def told_of(suite: InProcessSuite, provider: IdentityProvider) -> Iterator[Flask]:
    """The suite's gateway once more, told of the providers."""
    settings = replace(
        suite.gateway_runtime.settings,
        oidc_issuer=provider.url,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        wecom_corp_id=CORP,
        wecom_agent_id=AGENT,
        wecom_secret=WECOM_SECRET,
        wecom_login_url=f"{provider.url}/wwlogin",
        wecom_api_url=provider.url,
    )
    runtime = Runtime(SERVICE, settings)
    try:
        yield make_gateway(runtime)
    finally:
        runtime.database.close()


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    with standing_in() as found:
        yield found


@pytest.fixture(scope="module")
def gateway(suite: InProcessSuite, provider: IdentityProvider) -> Iterator[Flask]:
    with told_of(suite, provider) as found:
        yield found


@pytest.fixture(autouse=True)
def honest(provider: IdentityProvider) -> None:
    """No lies left from before."""
    provider.lie, provider.error, provider.signing_key, provider.delay = {}, None, provider.key, 0.0


@pytest.fixture
def browser(gateway: Any) -> Pages:
    return Pages(gateway.test_client())


@pytest.fixture
def member(suite: InProcessSuite) -> Member:
    return new_member(suite)


def leave(browser: Pages, way: str = "oidc", onward: str = "/players") -> str:
    """The address the browser is sent to."""
    answer = browser.get(f"/login/{way}?{urlencode({'next': onward})}", **BASE)
    assert answer.status_code in (302, 303), answer.text[:300]
    found: str = answer.headers["Location"]
    return found


def by_oidc(browser: Pages, provider: IdentityProvider, no: str, **claims: Any) -> Any:
    """All the way to the provider and back; the answer of our callback."""
    provider.user = {"sub": f"idp-{no}", "preferred_username": no, **claims}
    there = requests.get(leave(browser), allow_redirects=False, timeout=5).headers["Location"]
    return browser.get(there.removeprefix("https://desk.example.com"), **BASE)


def by_wecom(browser: Pages, provider: IdentityProvider, user: str) -> Any:
    state = parse_qs(urlsplit(leave(browser, "wecom")).query)["state"][0]
    return browser.get(
        f"/login/wecom/callback?{urlencode({'code': provider.wecom_code(user), 'state': state})}", **BASE
    )


def signed_in(browser: Pages) -> bool:
    return browser.get("/account", **BASE).status_code == 200


def test_one_signs_in_by_the_company_account_and_comes_where_one_wanted_to(browser, provider, member, suite):
    answer = by_oidc(browser, provider, member.no)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/players")
    assert signed_in(browser)
    sessions = suite.api("admin").get(f"/staff/{member.id}/sessions").json["items"]
    assert [one["way"] for one in sessions] == ["oidc"]


def test_one_signs_in_by_the_qr_code_of_wecom(browser, provider, member):
    address = urlsplit(leave(browser, "wecom"))
    query = parse_qs(address.query)
    assert (query["appid"], query["agentid"], query["login_type"]) == ([CORP], [AGENT], ["CorpApp"])
    assert query["redirect_uri"] == ["https://desk.example.com/login/wecom/callback"]
    answer = by_wecom(browser, provider, member.no)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/players")
    assert signed_in(browser)


def test_the_login_page_offers_just_what_is_set_up(browser, suite):
    page = browser.get("/login", **BASE).text
    assert "/login/oidc" in page
    assert "/login/wecom" in page
    plain = suite.pages()
    assert "/login/oidc" not in plain.get("/login").text
    for way in ("oidc", "oidc/callback", "wecom", "wecom/callback"):
        assert plain.get(f"/login/{way}").status_code == 404


@pytest.mark.parametrize(
    "lie",
    [
        {"aud": "another"},
        {"iss": "https://another.example.com"},
        {"exp": 1_000_000_000},
        {"nonce": "another"},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 300},
    ],
)
def test_a_token_that_is_not_for_us_now_lets_nobody_in(browser, provider, member, lie):
    provider.lie = lie
    answer = by_oidc(browser, provider, member.no)
    assert answer.status_code == 401
    assert "不可信" in answer.text
    assert not signed_in(browser)


def test_a_token_signed_by_another_key_lets_nobody_in(browser, provider, member):
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "one"})
    assert by_oidc(browser, provider, member.no).status_code in (401, 503)
    assert not signed_in(browser)


def test_somebody_elses_address_of_the_way_back_is_refused(browser, provider, member, gateway):
    """Login CSRF: the attacker's code and state, in the victim's browser."""
    provider.user = {"sub": "attacker", "preferred_username": member.no}
    attacker = Pages(gateway.test_client())
    there = requests.get(leave(attacker), allow_redirects=False, timeout=5).headers["Location"]
    answer = browser.get(there.removeprefix("https://desk.example.com"), **BASE)
    assert (answer.status_code, signed_in(browser)) == (401, False)
    state = parse_qs(urlsplit(leave(attacker, "wecom")).query)["state"][0]
    code = provider.wecom_code(member.no)
    answer = browser.get(f"/login/wecom/callback?{urlencode({'code': code, 'state': state})}", **BASE)
    assert (answer.status_code, signed_in(browser)) == (401, False)


def test_a_qr_code_that_another_browser_has_begun_is_refused_whatever_one_has_begun_oneself(
    browser, provider, member, gateway
):
    attacker = Pages(gateway.test_client())
    leave(browser, "wecom")
    state = parse_qs(urlsplit(leave(attacker, "wecom")).query)["state"][0]
    code = provider.wecom_code(member.no)
    answer = browser.get(f"/login/wecom/callback?{urlencode({'code': code, 'state': state})}", **BASE)
    assert (answer.status_code, signed_in(browser)) == (401, False)


def test_who_is_not_of_the_company_is_refused_by_its_qr_code(browser, provider):
    assert (by_wecom(browser, provider, "").status_code, signed_in(browser)) == (401, False)


def test_the_way_back_serves_once(browser, provider, member):
    provider.user = {"sub": f"idp-{member.no}", "preferred_username": member.no}
    there = requests.get(leave(browser), allow_redirects=False, timeout=5).headers["Location"]
    path = there.removeprefix("https://desk.example.com")
    assert browser.get(path, **BASE).status_code == 303
    assert browser.get(path, **BASE).status_code == 401


def test_a_qr_code_that_took_too_long_is_begun_anew(browser, provider, member, monkeypatch):
    state = parse_qs(urlsplit(leave(browser, "wecom")).query)["state"][0]
    monkeypatch.setattr("gateway.identity.wecom.time", lambda: time.time() + LASTS + 1)
    answer = browser.get(
        f"/login/wecom/callback?{urlencode({'code': provider.wecom_code(member.no), 'state': state})}", **BASE
    )
    assert answer.status_code == 401
    assert "重新开始" in answer.text


@pytest.mark.parametrize("who", ["nobody-here", ""])
def test_whom_nobody_knows_here_is_told_so_and_is_not_let_in(browser, provider, who):
    answer = by_oidc(browser, provider, who)
    assert answer.status_code == 403
    assert SignOnNobody.zh in answer.text
    refused = by_wecom(browser, provider, who)
    assert refused.status_code == (403 if who else 401)
    assert not signed_in(browser)


def test_a_leaver_is_not_let_in(browser, provider, member, suite):
    by_oidc(browser, provider, member.no)
    staff = suite.api("admin").get(f"/staff/{member.id}").json
    suite.api("admin").patch(f"/staff/{member.id}", {"state": "left"}, version=staff["version"])
    again = Pages(browser.client.application.test_client())
    assert by_oidc(again, provider, member.no).status_code == 403


def test_whoever_takes_over_a_name_at_the_provider_takes_over_nobody_here(browser, provider, member, gateway):
    """The provider's own name for a person counts after the first time: another `sub` with the same number is another person."""
    assert by_oidc(browser, provider, member.no).status_code == 303
    thief = Pages(gateway.test_client())
    assert by_oidc(thief, provider, member.no, sub="another-person").status_code == 403
    assert not signed_in(thief)


def test_who_is_renamed_at_the_provider_stays_who_they_are(browser, provider, member, gateway):
    by_oidc(browser, provider, member.no)
    renamed = Pages(gateway.test_client())
    assert by_oidc(renamed, provider, member.no, preferred_username="new.name").status_code == 303
    assert signed_in(renamed)


def test_an_administrator_sees_and_unbinds(browser, provider, member, suite, gateway):
    by_oidc(browser, provider, member.no)
    admin = suite.api("admin")
    [bound] = admin.get(f"/staff/{member.id}/identities").json["items"]
    assert (bound["provider"], bound["subject"]) == ("oidc", f"idp-{member.no}")
    assert admin.delete(f"/staff/{member.id}/identities").status_code == 204
    assert admin.get(f"/staff/{member.id}/identities").json["items"] == []
    other = Pages(gateway.test_client())
    assert by_oidc(other, provider, member.no, sub="a-new-account").status_code == 303
    audited = admin.get("/audit", query_string={"subject_id": member.id, "limit": 200}).json["items"]
    assert {"identity.bound", "identity.unbound"} <= {entry["action"] for entry in audited}


def test_our_own_second_step_is_asked_for_unless_the_provider_has_asked(browser, provider, member, suite, gateway):
    from tests.gateway.integration.test_second_factor import enrol

    enrol(suite.api(member.no, fresh=True))
    answer = by_oidc(browser, provider, member.no)
    assert answer.headers["Location"].startswith("/login/code")
    assert not signed_in(browser)
    twice = Pages(gateway.test_client())
    assert by_oidc(twice, provider, member.no, amr=["pwd", "otp"]).headers["Location"] == "/players"


def test_a_provider_that_says_no_is_believed(browser, provider, member):
    provider.error = "access_denied"
    answer = by_oidc(browser, provider, member.no)
    assert answer.status_code == 401
    assert "没有通过" in answer.text


def test_a_provider_that_does_not_answer_holds_nobody_up_and_passwords_work(
    browser, provider, member, monkeypatch, gateway
):
    monkeypatch.setattr(oidc, "SECONDS", 1)
    known = gateway.extensions["playdesk"].settings
    runtime = Runtime(SERVICE, replace(known, oidc_issuer="http://127.0.0.1:9", wecom_api_url="http://127.0.0.1:9"))
    other = Pages(make_gateway(runtime).test_client())
    started = time.monotonic()
    answer = other.get("/login/oidc", **BASE)
    assert (answer.status_code, time.monotonic() - started < 5) == (503, True)
    assert "用密码登录" in answer.text
    assert by_wecom(other, provider, member.no).status_code == 503
    assert other.sign_in(member.no).status_code == 303
    runtime.database.close()


def test_a_token_of_wecoms_that_was_replaced_is_got_anew(browser, provider, member, gateway):
    assert by_wecom(browser, provider, member.no).status_code == 303
    provider.wecom_tokens.clear()
    other = Pages(gateway.test_client())
    assert by_wecom(other, provider, member.no).status_code == 303
    assert sum(path.startswith("/cgi-bin/gettoken") for path in provider.asked) >= 2


@pytest.mark.parametrize("onward", ["//evil.example.com", "https://evil.example.com", "/\\evil.example.com"])
def test_one_comes_back_to_this_site_alone(browser, provider, member, onward):
    provider.user = {"sub": f"idp-{member.no}", "preferred_username": member.no}
    there = requests.get(leave(browser, onward=onward), allow_redirects=False, timeout=5).headers["Location"]
    assert browser.get(there.removeprefix("https://desk.example.com"), **BASE).headers["Location"] == "/"


def test_no_secret_of_a_provider_is_logged_or_kept(browser, provider, member, suite):
    by_wecom(browser, provider, member.no)
    by_oidc(browser, provider, member.no)
    said = "".join(suite.log_lines)
    assert WECOM_SECRET not in said
    assert SECRET not in said
    with suite.raw("gateway") as connection:
        rows = connection.execute(text("SELECT string_agg(i::text, ' ') FROM identities i")).scalar()
    assert SECRET not in rows
