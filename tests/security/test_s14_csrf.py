"""S14: every unsafe request that rides on a cookie needs the token of its session, at the login too."""

from __future__ import annotations

from tests.security.test_s01_s02_pages import address, rules
from tests.support.rows_in_suite import Rows, checksum, differing
from tests.support.suite_in_process import PASSWORD, InProcessSuite


def test_no_form_is_taken_without_its_token(suite: InProcessSuite, rows: Rows, figure):
    browser, another = suite.pages("A001"), suite.pages("A001")
    wrong, count = [], 0
    before = checksum(suite)
    for name, rule in rules(suite).items():
        if name.startswith("GET") or name == "POST /oauth/token":  # which no cookie opens
            continue
        path = address(rule, rows, "A001")
        for what, data, headers in (
            ("none", {}, {}),
            ("empty", {"csrf_token": ""}, {}),
            ("another session's", {"csrf_token": another.csrf()}, {}),
            ("a forged one", {"csrf_token": "IjEi.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb"}, {}),
            ("in the query", {}, {}),
            ("of another site", {}, {"Origin": "https://evil.example", "HX-Request": "true"}),
        ):
            count += 1
            asked = f"{path}?csrf_token={browser.csrf()}" if what == "in the query" else path
            answer = browser.client.post(asked, data=data, headers=headers)
            if answer.status_code != 403:
                wrong.append(f"{name} with {what}: {answer.status_code}")
    changed = differing(before, checksum(suite))
    figure("S14 forms", requests=count, taken=len(wrong), tables_changed=len(changed))
    assert not wrong, "\n".join(wrong)
    assert not changed


def test_a_cookie_alone_changes_nothing_through_the_api(suite: InProcessSuite, rows: Rows, figure):
    browser = suite.pages("M001")
    wrong, count = [], 0
    before = checksum(suite)
    for method in ("POST", "PATCH", "PUT", "DELETE"):
        for path in (
            "/players",
            f"/players/{rows.of['A001']['player']['id']}",
            "/tickets",
            "/orders",
            "/packs",
            "/logout",
            "/login",
        ):
            for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
                count += 1
                answer = browser.client.open(f"/api/v1{path}", method=method, data="{}", content_type=kind)
                if answer.status_code != 403 or answer.json["code"] != "csrf_failed":
                    wrong.append(f"{method} {path} as {kind}: {answer.status_code}")
    changed = differing(before, checksum(suite))
    figure("S14 API", requests=count, taken=len(wrong), tables_changed=len(changed))
    assert not wrong, "\n".join(wrong)
    assert not changed


def test_signing_in_from_another_site_is_refused(suite: InProcessSuite):
    stranger = suite.gateway.test_client()
    form = {"staff_no": "A002", "password": PASSWORD}
    assert stranger.post("/login", data=form).status_code == 403
    assert stranger.post("/login/again", data=form).status_code == 403
    assert stranger.post("/api/v1/login", data=form).status_code == 403
    assert stranger.get_cookie("__Host-playdesk") is None or suite.gateway.test_client().get("/").status_code == 302


def test_a_token_in_a_header_serves_scripts_of_our_own(suite: InProcessSuite):
    browser = suite.pages("A001")
    answer = browser.client.post(
        "/account/preferences", data={"theme": "dark"}, headers={"X-CSRFToken": browser.csrf()}
    )
    assert answer.status_code in (204, 303)


def test_a_form_that_is_too_old_says_so_on_a_page(suite: InProcessSuite):
    """To a person a page, to a script of ours the problem it knows how to mend."""
    old = {"csrf_token": "of another day", "staff_no": "A001"}
    for browser, path in ((suite.pages(), "/login"), (suite.pages("A001"), "/players")):
        page = browser.client.post(path, data=old)
        assert (page.status_code, page.mimetype) == (403, "text/html")
        assert "刷新后再试" in page.text
        for where, headers in ((path, {"HX-Request": "true"}), ("/login/again", {})):
            answer = browser.client.post(where, data=old, headers=headers)
            assert (answer.status_code, answer.json["code"]) == (403, "csrf_failed")
