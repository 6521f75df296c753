"""S9 and S10: forged tokens are refused by every service, and whoever goes around the gateway gets no further."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from time import time
from typing import Any

import pytest
import urllib3
from joserfc import jwt
from joserfc.jwk import OKPKey

from chassis.callers import OWN, Caller, Scope
from chassis.clock import new_id
from chassis.http.auth import Minter
from chassis.ops.samples import key_pair
from tests.security.expectations import API, KIND_OF_PART, STALE, Case, reaches
from tests.support.rows_in_suite import OWNERS, Rows, checksum, differing
from tests.support.suite_in_process import InProcessSuite, Running

POOL = urllib3.PoolManager(retries=False)


def encoded(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def forged(suite: InProcessSuite, audience: str) -> dict[str, str]:
    """{what is wrong: a token that must be refused}."""
    admin = Caller(id=suite.staff["admin"].id, permissions=frozenset({"player.read"}), scope=Scope("all"))
    good = suite.minter().token(admin, audience)
    header, payload, signature = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    key = OKPKey.import_key(suite.private_key)

    def signed(changes: dict[str, Any], **head: Any) -> str:
        return jwt.encode({"alg": "Ed25519", **head}, {**claims, **changes}, key, algorithms=["Ed25519"])

    def by_hmac(secret: bytes) -> str:
        head = encoded({"alg": "HS256", "typ": "JWT"})
        return f"{head}.{payload}." + encoded(hmac.new(secret, f"{head}.{payload}".encode(), hashlib.sha256).digest())

    other_private, _ = key_pair()
    other_key = OKPKey.import_key(other_private).as_dict()
    tampered = encoded({**claims, "scope": {"kind": "all"}, "perm": ["staff.write"]})
    flipped = signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]
    return {
        "nothing": "",
        "words": "not-a-token",
        "two parts": f"{header}.{payload}",
        "no signature": f"{header}.{payload}.",
        "alg none": f"{encoded({'alg': 'none'})}.{payload}.",
        "alg None in capitals": f"{encoded({'alg': 'NONE'})}.{payload}.{signature}",
        "HMAC with the public key": by_hmac(suite.public_key.encode()),
        "HMAC with nothing": by_hmac(b""),
        "EdDSA by name": f"{encoded({'alg': 'EdDSA'})}.{payload}.{signature}",
        "another key": Minter(other_private).token(admin, audience),
        "key in the header": f"{encoded({'alg': 'Ed25519', 'jwk': other_key})}.{payload}.{signature}",
        "changed claims": f"{header}.{tampered}.{signature}",
        "changed signature": f"{header}.{payload}.{flipped}",
        "expired": signed({"exp": int(time()) - 1}),
        "no expiry": signed({"exp": None}),
        "expiry in words": signed({"exp": "9999999999"}),
        "for years": signed({"exp": int(time()) + 10**8}),
        "another audience": suite.minter().token(admin, "elsewhere"),
        "several audiences": signed({"aud": [audience, "elsewhere"]}),
        "no audience": signed({"aud": None}),
        "another issuer": signed({"iss": "somebody"}),
        "no subject": signed({"sub": None}),
        "not an object": f"{encoded([])}.{payload}.{signature}",
        "bottomless header": f"{encoded(b'[' * 20000)}.{payload}.{signature}",
        "bad base64": "%%%.%%%.%%%",
        "bytes that are no text": f"{encoded(bytes(range(128, 200)))}.{payload}.{signature}",
    }


def call(one: Running, path: str, token: str | None, **headers: str) -> Any:
    given = {**headers, **({"Authorization": f"Bearer {token}"} if token is not None else {})}
    return POOL.request("GET", f"{one.served.url}{path}", headers=given, redirect=False)


def test_a_forged_token_is_refused_by_every_service(suite: InProcessSuite, figure):
    wrong, count = [], 0
    first = {"player": "/players", "ticket": "/tickets", "sales": "/orders", "catalog": "/packs"}
    for name, one in suite.services.items():
        for what, token in forged(suite, name).items():
            count += 1
            answer = call(one, f"/api/v1{first[name]}", token)
            if answer.status != 401 or b"items" in answer.data:
                wrong.append(f"{name}: {what}: {answer.status}")
    for what, token in forged(suite, "gateway").items():
        count += 1
        if suite.nobody().get("/me", headers={"Authorization": f"Bearer {token}"}).status_code != 401:
            wrong.append(f"gateway: {what}")
    figure("S9", tokens=count, taken=len(wrong))
    assert not wrong, "\n".join(wrong)


def test_a_token_for_one_service_opens_no_other(suite: InProcessSuite):
    caller = Caller(id=new_id(), permissions=frozenset(), scope=Scope("all"))
    for name, one in suite.services.items():
        for other in (*suite.services, "gateway"):
            status = call(one, "/api/v1/players", suite.minter().token(caller, other)).status
            assert (status == 401) is (other != name and name == "player") or name != "player"


def test_a_token_under_another_scheme_is_nobodys(suite: InProcessSuite):
    token = suite.minter().token(Caller(id=new_id(), scope=Scope("all")), "player")
    for scheme, status in (("Bearer", 403), ("bearer", 403), ("Basic", 401), ("Token", 401)):
        answer = call(suite.services["player"], "/api/v1/players", None, Authorization=f"{scheme} {token}")
        assert answer.status == status, scheme


def test_every_route_of_every_service_asks_for_the_token(suite: InProcessSuite, figure):
    wrong, count = [], 0
    for name, one in suite.services.items():
        for rule in one.app.url_map.iter_rules():
            path = re.sub(r"<[^>]+>", "01890000-0000-7000-8000-000000000000", rule.rule)
            for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
                if not path.startswith("/api/"):
                    assert path in ("/healthz", "/readyz", "/metrics", "/openapi.json"), (
                        f"{name} serves {path} to anybody"
                    )
                    continue
                count += 1
                forged_headers = {
                    "X-User": suite.staff["admin"].id,
                    "X-Staff-Id": suite.staff["admin"].id,
                    "X-Forwarded-For": "127.0.0.1",
                    "X-Forwarded-User": "admin",
                    "X-Original-URL": "/healthz",
                    "Cookie": "playdesk=x",
                }
                answer = POOL.request(method, f"{one.served.url}{path}", headers=forged_headers, redirect=False)
                if answer.status != 401:
                    wrong.append(f"{name} {method} {path}: {answer.status}")
    figure("S10", routes_around_the_gateway=count, open=len(wrong))
    assert not wrong, "\n".join(wrong)


def test_a_service_decides_again_by_itself_what_the_gateway_decided(suite: InProcessSuite, rows: Rows, figure):
    """The gateway might err: with a token that lacks the action, or whose scope does not reach, nothing is had."""
    wrong, count = [], 0
    before = checksum(suite)
    for name, one in suite.services.items():
        for operation, expected in operations_of(suite, name):
            own = suite.staff["A001"]
            everything_else = frozenset(e.action for e in API.values()) - {expected.action}
            without = Caller(id=own.id, permissions=everything_else, scope=Scope("all"))
            for owner, caller, status in [
                *([("A001", without, 403)] if expected.action != OWN else []),  # what is everybody's needs no action
                *(
                    (owner, Caller(id=own.id, permissions=frozenset({expected.action})), 404)
                    for owner in OWNERS
                    if not reaches(suite, own, expected.row, owner)
                ),
            ]:
                count += 1
                answer = straight(suite, one, operation, Case(suite, rows, owner), caller)
                if answer.status != status:
                    wrong.append(f"{operation} on {owner}'s: {answer.status}, not {status}: {answer.data[:120]!r}")
    changed = differing(before, checksum(suite))
    figure("S10 decisions", cells=count, wrong=len(wrong), tables_changed=len(changed))
    assert not wrong, "\n".join(wrong)
    assert not changed


def operations_of(suite: InProcessSuite, service: str) -> list[tuple[str, Any]]:
    document = json.loads((suite.documents / f"{service}.openapi.json").read_text("utf-8"))
    names = [
        f"{method.upper()} {path.removeprefix('/api/v1')}" for path, ms in document["paths"].items() for method in ms
    ]
    return [(name, API[name]) for name in names if name in API]


def straight(suite: InProcessSuite, one: Running, operation: str, case: Case, caller: Caller) -> Any:
    expected = API[operation]
    method, _, path = operation.partition(" ")
    path = re.sub(r"\{(\w+)\}", lambda found: case.id(KIND_OF_PART[found[1]]), path)
    headers = {
        "Authorization": f"Bearer {suite.minter().token(caller, one.service.name)}",
        "Content-Type": "application/json",
    }
    headers |= {"If-Match": STALE, "Idempotency-Key": "straight"} if method != "GET" else {}
    body = json.dumps(expected.body(case)) if expected.body else None
    fields = expected.query(case) if expected.query else None
    url = f"{one.served.url}/api/v1{path}"
    if method == "GET":
        return POOL.request(method, url, fields=fields, headers=headers)
    return POOL.request(method, url, body=body, headers=headers)


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Forwarded-Host", "X-Forwarded-Prefix"]
)
def test_a_forged_address_changes_nothing_at_the_gateway(suite: InProcessSuite, header: str):
    value = "for=10.9.8.7" if header == "Forwarded" else "10.9.8.7"
    assert suite.nobody().get("/me", headers={header: value}).status_code == 401
    suite.nobody().post("/login", {"staff_no": "nobody-s10", "password": "x"}, headers={header: value})
    with suite.raw("gateway") as connection:
        keys = (
            connection.exec_driver_sql("SELECT key FROM sign_in_failures WHERE key LIKE 'address:%%'").scalars().all()
        )
    assert "address:10.9.8.7" not in keys


def test_figures_are_not_shown_through_a_proxy_or_to_strangers(suite: InProcessSuite):
    client = suite.gateway.test_client()
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 404
    assert client.get("/openapi.json").status_code == 401
    assert client.open("/", method="TRACE").status_code == 405
