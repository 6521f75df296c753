"""S28: no debug page, no TRACE, no listing, no figures from outside, no source maps, no file that is not meant to be served."""

from __future__ import annotations

import re

import pytest
import urllib3

from tests.support.real_gateway import RealGateway
from tests.support.suite_in_process import InProcessSuite
from tests.support.tree import ROOT

POOL = urllib3.PoolManager(retries=False)
CURIOUS = (
    "/.git/HEAD", "/.git/config", "/.env", "/deploy/.env", "/.well-known/security.txt~", "/server-status", "/server-info",
    "/debug", "/console", "/?__debugger__=yes&cmd=resource&f=debugger.js", "/_debug_toolbar/", "/__debug__/", "/admin/",
    "/actuator/env", "/phpinfo.php", "/swagger.json", "/swagger-ui", "/graphql", "/api", "/api/", "/api/v1", "/api/v1/",
    "/config", "/settings.py", "/gateway/settings.py", "/backup.sql", "/dump.tar.gz", "/requirements.txt", "/pyproject.toml",
    "/Makefile", "/.DS_Store", "/.playdesk/secrets", "/static", "/static/", "/templates/base.html", "/translations/",
    "/healthz/", "/metrics/", "/debug/pprof/", "/trace", "/dump", "/favicon.ico/",
)  # fmt: skip
UP = ("..", "%2e%2e", ".%2e", "%252e%252e", "..%2f..", "..%5c..", "..\\..", "..;", "%c0%ae%c0%ae", "....//....")
TARGETS = (
    "app.py", "settings.py", "policies.py", "templates/base.html", "etc/passwd", "../pyproject.toml",
    "translations/en/LC_MESSAGES/messages.po",
)  # fmt: skip
TOLD = re.compile(
    r"Traceback|File \"|werkzeug\.|site-packages|psycopg|sqlalchemy|root:x:0|\bSELECT\b|dataclass|/usr/lib/", re.I
)


def prefix(suite: InProcessSuite) -> str:
    """Where the static files are."""
    page = suite.nobody().client.get("/login").text
    return re.search(r'"(/static/[0-9a-f]+/)', page)[1]  # type: ignore[index]


def test_curious_addresses_are_nobodys(suite: InProcessSuite, real_gateway: RealGateway, figure):
    wrong, count = [], 0
    bases = {"gateway": real_gateway.url, **{name: one.served.url for name, one in suite.services.items()}}
    for name, base in bases.items():
        for path in CURIOUS:
            count += 1
            answer = POOL.request("GET", base + path, redirect=False)
            shown = answer.status == 200 and path not in ("/?__debugger__=yes&cmd=resource&f=debugger.js",)
            to_login = answer.headers.get("Location", "").startswith("/login")
            if shown or answer.status >= 500 or TOLD.search(answer.data.decode("utf-8", "replace")):
                wrong.append(f"{name} {path}: {answer.status}")
            elif answer.status in (301, 302, 303, 308) and not to_login:
                wrong.append(f"{name} {path}: to {answer.headers['Location']}")
    figure("S28 addresses", requests=count, told=len(wrong))
    assert not wrong, "\n".join(wrong)


def test_no_path_leads_out_of_the_static_files(suite: InProcessSuite, real_gateway: RealGateway, figure):
    """Sent byte for byte: a client that tidies addresses up would hide the hole."""
    wrong, count = [], 0
    for start in (prefix(suite), "/static/", "/", prefix(suite) + "js/", "/docs/events/schemas/"):
        for up in UP:
            for target in TARGETS:
                for depth in (1, 2, 5):
                    count += 1
                    path = start + "/".join([up] * depth) + "/" + target
                    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                    answer = real_gateway.answer(request.encode("latin-1"))
                    if not re.match(rb"HTTP/1.1 (30[1238]|40[0134]) ", answer) or TOLD.search(answer.decode("latin-1")):
                        wrong.append(f"{path}: {answer[:60]!r}")
    figure("S28 paths", requests=count, led_out=len(wrong))
    assert not wrong, "\n".join(wrong[:20])


def test_only_files_for_the_browser_are_served(suite: InProcessSuite):
    """No source maps, no sources, no listings: every kind of file is one that a page asks for."""
    static = ROOT / "services/gateway/gateway/static"
    kinds = {
        "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix
        for path in static.rglob("*")
        if path.is_file()
    }
    assert kinds <= {".css", ".js", ".svg", ".png", ".ico", ".woff2", ".webmanifest", ".css.gz", ".js.gz", ".svg.gz"}
    assert [path for path in static.rglob("*.js") if "sourceMappingURL" in path.read_text("utf-8")] == []
    client = suite.nobody().client
    for folder in ("", "js/", "css/", "vendor/"):
        assert client.get(prefix(suite) + folder).status_code == 404
    for name in ("js/home.js.map", "vendor/htmx.js.map", "css/base.css.map"):
        assert client.get(prefix(suite) + name).status_code == 404


METHODS = ("TRACE", "TRACK", "CONNECT", "DEBUG", "PROPFIND", "MOVE", "SEARCH", "LOCK", "PURGE", "HACK")


def test_no_route_answers_to_a_method_it_does_not_have(suite: InProcessSuite, figure):
    wrong, count = [], 0
    apps = {"gateway": suite.gateway, **{name: one.app for name, one in suite.services.items()}}
    for name, app in apps.items():
        client = app.test_client()
        for rule in app.url_map.iter_rules():
            path = re.sub(r"<[^>]+>", "01890000-0000-7000-8000-000000000000", rule.rule)
            for method in METHODS:
                count += 1
                answer = client.open(path, method=method, headers={"X-Secret": "reflected"}, data=b"reflected")
                if answer.status_code not in (302, 303, 400, 401, 403, 404, 405) or b"reflected" in answer.data:
                    wrong.append(f"{name} {method} {path}: {answer.status_code}")
    figure("S28 methods", requests=count, answered=len(wrong))
    assert not wrong, "\n".join(wrong[:20])


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT"])
def test_gunicorn_does_not_either(real_gateway: RealGateway, method: str):
    answer = real_gateway.answer(
        f"{method} / HTTP/1.1\r\nHost: localhost\r\nX-Secret: reflected\r\nConnection: close\r\n\r\n".encode()
    )
    assert re.match(rb"HTTP/1.1 (302|40[0135]) ", answer), answer[:80]
    assert b"reflected" not in answer


def test_figures_are_for_the_inside_alone(suite: InProcessSuite):
    client = suite.gateway.test_client()
    for address in ("203.0.113.9", "10.1.2.3", "::ffff:127.0.0.1", "fe80::1", "", "localhost"):
        assert client.get("/metrics", environ_base={"REMOTE_ADDR": address}).status_code == 404, address
    for header in ("X-Forwarded-For", "Forwarded"):
        assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


def test_figures_hold_no_name_no_number_and_no_address(suite: InProcessSuite, rows):
    """Labels are routes and codes: what was asked for in particular is not to be read off them."""
    suite.api("A001").get("/players", query_string={"phone": "13800008000", "q": "wx_secret_word"})
    suite.api("A001").get("/players/wx_secret_word")
    suite.nobody().client.open("/wx_secret_word", method="WX_SECRET_WORD")
    for app in (suite.gateway, *(one.app for one in suite.services.values())):
        shown = app.test_client().get("/metrics").text
        assert "playdesk_request_seconds" in shown
        for secret in ("13800008000", "wx_secret_word", "WX_SECRET_WORD", rows.of["A001"]["player"]["id"], "A001"):
            assert secret not in shown


def test_a_mistake_of_ours_is_told_by_its_request_alone(suite: InProcessSuite, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret words in /srv/playdesk/settings.py")

    monkeypatch.setitem(suite.gateway.view_functions, "home.index", fail)
    monkeypatch.setitem(suite.gateway.view_functions, "proxy.forward", fail)
    answers = [suite.pages("A001").get("/"), suite.api("A001").get("/players")]
    one = suite.services["player"].app
    endpoint = next(rule.endpoint for rule in one.url_map.iter_rules() if rule.rule == "/api/v1/players")
    monkeypatch.setitem(one.view_functions, endpoint, fail)
    for answer in answers:
        assert answer.status_code == 500
        assert "secret words" not in answer.text
        assert not TOLD.search(answer.text)
        assert answer.headers["X-Request-Id"]


def test_no_server_runs_in_debug(suite: InProcessSuite):
    for app in (suite.gateway, *(one.app for one in suite.services.values())):
        assert not app.debug
        assert not app.testing
        assert app.config["PROPAGATE_EXCEPTIONS"] is False
