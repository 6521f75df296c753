"""The second factor: set up, asked for, used once, recovered, required by a role, reset by an administrator."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pyotp
import pytest
import time_machine

from chassis.clock import utc_now
from gateway.identity.sealing import CannotUnseal, Sealer
from gateway.identity.throttle import FREE, FREE_BY_ACCOUNT
from gateway.policies import ROLES
from tests.support.suite_in_process import PASSWORD, Api, InProcessSuite, Member, new_member, rows_of


@pytest.fixture
def member(suite: InProcessSuite) -> Member:
    with suite.raw("gateway") as connection:
        connection.exec_driver_sql("DELETE FROM sign_in_failures")
    return new_member(suite)


@pytest.fixture
def clock():
    with time_machine.travel(utc_now(), tick=False) as travelling:
        yield travelling


def enrol(api: Api) -> tuple[pyotp.TOTP, list[str]]:
    """Set a second factor up; (the app, the recovery codes)."""
    begun = api.made("/me/second-factor", {"password": PASSWORD})
    app = pyotp.parse_uri(begun["address"])
    assert isinstance(app, pyotp.TOTP)
    assert app.secret == begun["secret"]
    codes = api.made("/me/second-factor/confirm", {"otp": app.now()})["recovery_codes"]
    return app, codes


def sign_in(suite: InProcessSuite, no: str, otp: str | None = None) -> Any:
    body = {"staff_no": no, "password": PASSWORD, **({"otp": otp} if otp else {})}
    return suite.nobody().post("/login", body)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, (answer.json or {}).get("code", "")


def test_without_the_code_nobody_gets_in_once_it_is_confirmed(suite: InProcessSuite, member: Member, clock):
    api = suite.api(member.no, fresh=True)
    api.made("/me/second-factor", {"password": PASSWORD})
    assert sign_in(suite, member.no).status_code == 200, "what was not confirmed does not lock anybody out"
    app, _ = enrol(api)
    assert code(sign_in(suite, member.no)) == (401, "otp_required")
    assert code(sign_in(suite, member.no, "000000")) == (401, "wrong_otp")
    clock.shift(30)
    assert sign_in(suite, member.no, app.now()).status_code == 200
    assert code(suite.nobody().post("/login", {"staff_no": member.no, "password": "wrong", "otp": app.now()})) == (
        401, "wrong_credentials",
    )  # fmt: skip


def test_a_code_serves_once_and_a_clock_may_be_off_by_one_step(suite: InProcessSuite, member: Member, clock):
    app, _ = enrol(suite.api(member.no, fresh=True))
    confirmed_by = app.now()
    assert code(sign_in(suite, member.no, confirmed_by)) == (401, "wrong_otp")
    clock.shift(90)
    late, early = app.at(utc_now() - timedelta(seconds=30)), app.at(utc_now() + timedelta(seconds=30))
    assert code(sign_in(suite, member.no, app.at(utc_now() - timedelta(seconds=60)))) == (401, "wrong_otp")
    assert sign_in(suite, member.no, late).status_code == 200
    assert sign_in(suite, member.no, early).status_code == 200
    assert code(sign_in(suite, member.no, app.now())) == (401, "wrong_otp"), "older than one that was used"
    clock.shift(60)
    assert sign_in(suite, member.no, f"{app.now()[:3]} {app.now()[3:]}").status_code == 200


def test_a_recovery_code_serves_once_and_new_ones_replace_the_old(suite: InProcessSuite, member: Member, clock):
    api = suite.api(member.no, fresh=True)
    app, codes = enrol(api)
    assert len(set(codes)) == 10
    assert sign_in(suite, member.no, codes[0].lower().replace("-", " ")).status_code == 200
    assert code(sign_in(suite, member.no, codes[0])) == (401, "wrong_otp")
    assert api.get("/me/second-factor").json == {"in_use": True, "required": False, "recovery_codes_left": 9}
    clock.shift(30)
    renewed = api.made("/me/second-factor/recovery-codes", {"otp": app.now()})["recovery_codes"]
    assert not set(renewed) & set(codes)
    assert code(sign_in(suite, member.no, codes[1])) == (401, "wrong_otp")
    assert sign_in(suite, member.no, renewed[1]).status_code == 200


def test_guessing_codes_is_slowed_from_everywhere_together(suite: InProcessSuite, member: Member, clock, figure):
    app, _ = enrol(suite.api(member.no, fresh=True))
    clock.shift(60)
    judged = 0
    for number in range(60):
        body = {"staff_no": member.no, "password": PASSWORD, "otp": f"{number:06d}"}
        place = {"REMOTE_ADDR": f"203.0.113.{number}"}
        judged += suite.nobody().post("/login", body, environ_base=place).status_code == 401
    figure("S13 codes", guesses=60, addresses=60, judged=judged)
    assert judged == FREE_BY_ACCOUNT + 1
    assert code(sign_in(suite, member.no, app.now())) == (429, "too_many_attempts")
    clock.shift(301)
    assert sign_in(suite, member.no, app.now()).status_code == 200


def test_secrets_and_codes_are_not_readable_at_rest_nor_in_kept_answers(suite: InProcessSuite, member: Member):
    api = suite.api(member.no, fresh=True)
    begun = api.made("/me/second-factor", {"password": PASSWORD}, key="factor-1")
    again = api.made("/me/second-factor", {"password": PASSWORD}, key="factor-1")
    assert again == begun, "repeated under its key, it is the same answer"
    codes = api.made("/me/second-factor/confirm", {"otp": pyotp.TOTP(begun["secret"]).now()}, key="f2")[
        "recovery_codes"
    ]
    texts = []
    for table in ("second_factors", "recovery_codes", "idempotency_keys", "outbox", "event_log", "sessions"):
        texts += [row[0] for row in rows_of(suite, "gateway", f"SELECT r::text FROM {table} r")]
    hay = "\n".join([*texts, *suite.log_lines])
    assert not [secret for secret in (begun["secret"], *codes) if secret in hay or secret.replace("-", "") in hay]


def test_a_sealed_secret_opens_for_its_owner_alone_and_with_the_secret_of_before():
    old, new = Sealer(["first"]), Sealer(["second", "first"])
    sealed = old.seal("JBSWY3DP", "somebody")
    assert new.open(sealed, "somebody") == "JBSWY3DP"
    for sealer, owner in ((new, "another"), (Sealer(["second"]), "somebody")):
        with pytest.raises(CannotUnseal):
            sealer.open(sealed, owner)


def test_setting_it_up_needs_the_password_and_giving_it_up_a_code(suite: InProcessSuite, member: Member, clock):
    api = suite.api(member.no, fresh=True)
    assert code(api.post("/me/second-factor", {"password": "a guess"})) == (409, "wrong_password")
    assert code(api.post("/me/second-factor/confirm", {"otp": "123456"})) == (409, "no_second_factor")
    app, _ = enrol(api)
    assert code(api.post("/me/second-factor", {"password": PASSWORD})) == (409, "second_factor_kept")
    assert code(api.post("/me/second-factor/remove", {"otp": "000000"})) == (409, "wrong_otp")
    clock.shift(30)
    assert api.post("/me/second-factor/remove", {"otp": app.now()}).status_code == 204
    assert sign_in(suite, member.no).status_code == 200


def test_guesses_of_whoever_is_signed_in_are_slowed_too(suite: InProcessSuite, member: Member, clock):
    api = suite.api(member.no, fresh=True)
    enrol(api)
    statuses = [api.post("/me/second-factor/remove", {"otp": f"{n:06d}"}).status_code for n in range(FREE + 4)]
    assert statuses == [409] * (FREE + 1) + [429] * 3


def test_the_pages_ask_in_a_second_step_and_never_leave_the_site(suite: InProcessSuite, member: Member, clock):
    app, codes = enrol(suite.api(member.no, fresh=True))
    clock.shift(60)
    browser = suite.pages()
    first = browser.post("/login", {"staff_no": member.no, "password": PASSWORD, "next": "/tickets"})
    assert (first.status_code, first.location) == (303, "/login/code?next=/tickets")
    assert browser.get("/tickets").status_code in (302, 303), "half way in is not in"
    assert 'autocomplete="one-time-code"' in browser.get(first.location).text
    wrong = browser.post("/login/code", {"otp": "000000", "next": "/tickets"})
    assert wrong.status_code == 401
    assert "动态码不对" in wrong.text
    half_way = dict(browser.get("/login").request.cookies)
    done = browser.post("/login/code", {"otp": app.now(), "next": "//evil.example"})
    assert (done.status_code, done.location) == (303, "/")
    assert browser.get("/account").status_code == 200
    assert browser.post("/login/code", {"otp": codes[0]}).location.startswith("/login"), "the first step serves once"
    thief = suite.pages()
    for name, value in half_way.items():
        thief.client.set_cookie(name, value)
    assert thief.post("/login/code", {"otp": codes[0]}).location.startswith("/login"), "nor once more from elsewhere"
    assert browser.post("/login/again", {"staff_no": member.no, "password": PASSWORD}).json["code"] == "otp_required"
    form = {"staff_no": member.no, "password": PASSWORD, "otp": codes[1]}
    assert browser.post("/login/again", form).status_code == 200


def test_the_second_step_has_to_be_done_within_five_minutes(suite: InProcessSuite, member: Member, clock):
    app, _ = enrol(suite.api(member.no, fresh=True))
    browser = suite.pages()
    browser.sign_in(member.no)
    clock.shift(301)
    late = browser.post("/login/code", {"otp": app.now()})
    assert (late.status_code, late.location) == (303, "/login?next=/")


def test_the_pages_set_it_up_with_a_picture_and_show_the_codes_once(suite: InProcessSuite, member: Member, clock):
    browser = suite.pages(member.no)
    assert "没有启用" in browser.get("/account").text
    scan = browser.post("/account/second-factor/start", {"password": PASSWORD}, headers={"HX-Request": "true"}).text
    assert "<svg" in scan
    assert 'style="' not in scan
    secret = re.search(r'class="pd-secret">([A-Z2-7]+)<', scan)
    assert secret
    wrong = browser.post("/account/second-factor/confirm", {"otp": "1"}, headers={"HX-Request": "true"})
    assert "动态码不对" in wrong.text
    shown = browser.post("/account/second-factor/confirm", {"otp": pyotp.TOTP(secret[1]).now()})
    assert len(re.findall(r"<code>[A-Z2-9]{4}(?:-[A-Z2-9]{4}){3}</code>", shown.text)) == 10
    assert "已启用，还有 10 个备用码" in browser.get("/account").text
    clock.shift(30)
    closed = browser.post("/account/second-factor/remove", {"otp": pyotp.TOTP(secret[1]).now()})
    assert (closed.status_code, closed.location) == (303, "/account")


def test_whoever_must_have_one_is_led_to_it_before_anything_else(suite, clock):
    agent = sorted(ROLES["agent"].actions)
    role = {"code": f"o_{uuid4().hex[:8]}", "zh": "两步", "en": "Two steps", "scope": "self", "actions": agent}
    suite.api("admin").made("/roles", {**role, "requires_second_factor": True})
    member = new_member(suite, role["code"])
    api, browser = suite.api(member.no, fresh=True), suite.pages(member.no)
    for path in ("/players", "/home?q=1", "/me/sessions", "/nope"):
        assert code(api.get(path)) == (403, "second_factor_required"), path
    assert code(api.post("/players", {"wechat_id": "x"})) == (403, "second_factor_required")
    assert api.get("/me").status_code == 200
    for path in ("/", "/tickets", "/account", "/search?q=1"):
        assert browser.get(path).location == "/account/second-factor", path
    quiet = browser.get("/counters", headers={"HX-Request": "true"})
    assert (quiet.status_code, quiet.headers["HX-Redirect"]) == (204, "/account/second-factor")
    assert "必须使用两步验证" in browser.get("/account/second-factor").text
    app, _ = enrol(api)
    assert api.get("/players").status_code == 200
    clock.shift(30)
    assert code(api.post("/me/second-factor/remove", {"otp": app.now()})) == (409, "second_factor_needed")
    assert browser.get("/account").status_code == 200
    assert browser.post("/logout").status_code == 303


def test_an_administrator_resets_it_for_others_but_not_for_themselves(suite: InProcessSuite, member: Member, clock):
    api, admin = suite.api(member.no, fresh=True), suite.api("admin")
    assert code(admin.delete(f"/staff/{member.id}/second-factor")) == (409, "no_second_factor")
    enrol(api)
    assert api.delete(f"/staff/{member.id}/second-factor").status_code == 403
    assert code(admin.delete(f"/staff/{admin.id}/second-factor")) == (409, "own_second_factor")
    assert suite.pages("admin").post(f"/settings/staff/{member.id}/second-factor/reset").status_code == 303
    assert api.get("/me").status_code == 401, "whoever else had it in hand is out, too"
    assert sign_in(suite, member.no).status_code == 200
    said = "SELECT data->'changed' FROM (SELECT data, subject FROM outbox UNION ALL SELECT data, subject FROM event_log) f "
    changes = [row[0] for row in rows_of(suite, "gateway", said + "WHERE subject = :id", id=member.id)]
    assert changes.count(["second_factor"]) == 2, "set up, and reset"
