"""S9: only a token the gateway has signed, for this service, for now, is accepted; everything else is 401."""

from __future__ import annotations

import base64
import hmac
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OKPKey

from chassis.callers import Caller, Scope
from chassis.http import auth
from chassis.http.auth import ALGORITHM, ISSUER, LIFETIME, Minter, TokenRefused, Verifier
from chassis.ops.samples import key_pair
from tests.support.services import ServiceUnderTest

PRIVATE, PUBLIC = key_pair()
SOMEBODY = Caller(
    "0194",
    name="林岚",
    department_id="d1",
    permissions=frozenset({"note.read"}),
    scope=Scope("departments", ("d1", "d2")),
)
TOKEN = Minter(PRIVATE).token(SOMEBODY, "ticket")


def verify(token: str, audience: str = "ticket") -> Caller:
    """What a service that has never seen the token makes of it."""
    return Verifier(PUBLIC, audience).caller(f"Bearer {token}")


def claims(**changes: object) -> dict:
    """The claims of a good token, changed; None leaves one out."""
    now = int(time.time())
    good = {"iss": ISSUER, "aud": "ticket", "sub": "0194", "iat": now, "exp": now + LIFETIME, "perm": ["note.write"]}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def signed(payload: dict, private: str = PRIVATE) -> str:
    """A token with these claims and our algorithm."""
    return jwt.encode({"alg": ALGORITHM}, payload, OKPKey.import_key(private), algorithms=[ALGORITHM])


def part(value: object) -> str:
    """One part of a token, made by hand."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_what_the_gateway_signs_is_what_the_service_reads():
    references = {"player": [{"id": "p", "version": 3, "nickname": "半盏清茶"}]}
    found = verify(Minter(PRIVATE).token(SOMEBODY, "ticket", references=references))
    assert found == Caller(SOMEBODY.id, "staff", SOMEBODY.name, "d1", SOMEBODY.permissions, SOMEBODY.scope, references)


def by_hand(header: object, payload: object, signature: str = "") -> str:
    """A token put together by hand."""
    return f"{part(header)}.{part(payload)}.{signature}"


def hmac_with_the_public_key() -> str:
    """The old trick: the public key as a shared secret."""
    signed_part = f"{part({'alg': 'HS256'})}.{part(claims())}"
    digest = hmac.new(PUBLIC.encode(), signed_part.encode(), "sha256").digest()
    return f"{signed_part}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


FORGED = {
    "nothing": "",
    "no token": "garbage",
    "two parts": TOKEN.rpartition(".")[0],
    "alg none": by_hand({"alg": "none"}, claims()),
    "alg None": by_hand({"alg": "None", "typ": "JWT"}, claims()),
    "alg none with our signature": by_hand({"alg": "none"}, claims(), TOKEN.rpartition(".")[2]),
    "no alg": by_hand({}, claims(), TOKEN.rpartition(".")[2]),
    "alg a list": by_hand({"alg": [ALGORITHM]}, claims(), TOKEN.rpartition(".")[2]),
    "header a list": by_hand([ALGORITHM], claims(), TOKEN.rpartition(".")[2]),
    "header a number": by_hand(5, claims(), TOKEN.rpartition(".")[2]),
    "header deep": ".".join([base64.urlsafe_b64encode(b"[" * 20_000).decode().rstrip("="), part(claims()), "AAAA"]),
    "claims swapped": ".".join([TOKEN.split(".")[0], part(claims(sub="admin")), TOKEN.split(".")[2]]),
    "public key as secret": hmac_with_the_public_key(),
    "EdDSA, the old name": jwt.encode({"alg": "EdDSA"}, claims(), OKPKey.import_key(PRIVATE), algorithms=["EdDSA"]),
    "another key": signed(claims(), key_pair()[0]),
    "another audience": signed(claims(aud="sales")),
    "several audiences": signed(claims(aud=["ticket", "sales"])),
    "no audience": signed(claims(aud=None)),
    "another issuer": signed(claims(iss="somebody")),
    "no issuer": signed(claims(iss=None)),
    "expired": signed(claims(exp=int(time.time()) - 1)),
    "no expiry": signed(claims(exp=None)),
    "expiry as text": signed(claims(exp="9999999999")),
    "expiry never": signed(claims(exp=int(time.time()) + 3600 * 24 * 365)),
    "expiry a flag": signed(claims(exp=True)),
    "no subject": signed(claims(sub=None)),
    "subject a number": signed(claims(sub=5)),
    "critical header": by_hand({"alg": ALGORITHM, "crit": ["x"]}, claims(), TOKEN.split(".")[2]),
    "embedded key": by_hand({"alg": ALGORITHM, "jwk": {"kty": "OKP"}}, claims(), TOKEN.split(".")[2]),
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_is_refused(token):
    with pytest.raises(TokenRefused):
        verify(token)


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_is_401_at_every_route(notes: ServiceUnderTest, token):
    client = notes.app.test_client()
    for method, path in (
        ("GET", "/notes"),
        ("POST", "/notes"),
        ("PATCH", "/notes/01a202d0-1d2f-7768-b4ff-4c329e300ad4"),
    ):
        answer = client.open(f"/api/v1{path}", method=method, headers={"Authorization": f"Bearer {token}"}, json={})
        assert answer.status_code == 401, (method, path)
        assert answer.json["code"] in ("token_refused", "unauthorized")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", f"Basic {TOKEN}", TOKEN, f"Token {TOKEN}", "Bearer a b"]
)
def test_a_header_in_another_form_is_refused(header):
    with pytest.raises(TokenRefused):
        Verifier(PUBLIC, "ticket").caller(header)


@given(st.integers(0, len(TOKEN) - 1), st.integers(0, 7))
def test_a_flipped_bit_anywhere_is_refused(place, bit):
    flipped = TOKEN[:place] + chr(ord(TOKEN[place]) ^ 1 << bit) + TOKEN[place + 1 :]
    with pytest.raises(TokenRefused):
        verify(flipped)


@given(st.integers(0, len(TOKEN)), st.text(max_size=4), st.integers(0, 4))
def test_a_piece_put_in_or_taken_out_is_refused(place, piece, out):
    changed = TOKEN[:place] + piece + TOKEN[place + out :]
    if changed != TOKEN and changed.strip() != TOKEN:
        with pytest.raises(TokenRefused):
            verify(changed)


@given(st.text(max_size=200))
def test_no_text_at_all_is_an_error_of_another_kind(text):
    with pytest.raises(TokenRefused):
        Verifier(PUBLIC, "ticket").caller(f"Bearer {text}")


lists = st.lists(st.integers(), max_size=2)


@given(
    st.dictionaries(
        st.sampled_from(["scope", "perm", "kind", "name", "dep", "refs", "sub"]),
        st.one_of(
            st.none(), st.integers(), st.text(max_size=5), lists, st.dictionaries(st.text(max_size=3), st.integers())
        ),
    )
)
def test_claims_of_another_kind_never_reach_further(strange):
    """Only the gateway could sign them; even so they give nobody more than their own rows."""
    try:
        found = verify(signed(claims(**strange)))
    except TokenRefused:
        return
    assert found.scope.kind == "self"


def test_a_remembered_token_still_ends(monkeypatch):
    verifier, token = Verifier(PUBLIC, "ticket"), Minter(PRIVATE).token(SOMEBODY, "ticket")
    verifier.caller(f"Bearer {token}")
    now = time.time()
    monkeypatch.setattr(auth, "time", lambda: now + LIFETIME + 1)
    with pytest.raises(TokenRefused):
        verifier.caller(f"Bearer {token}")


def test_a_token_lasts_between_one_and_two_minutes():
    assert 60 <= LIFETIME <= 120


def test_remembering_has_a_bound(monkeypatch):
    monkeypatch.setattr(auth, "_REMEMBERED", 5)
    verifier = Verifier(PUBLIC, "ticket")
    for n in range(20):
        verifier.caller(f"Bearer {signed(claims(sub=str(n)))}")
    assert len(verifier._seen) <= 5


def test_without_the_permission_it_is_403_and_names_it(notes: ServiceUnderTest):
    refused = notes.person("note.read").post("/notes", {"text": "x"})
    assert (refused.status_code, refused.json["code"], refused.json["action"]) == (403, "forbidden", "note.write")


def test_health_needs_no_token_and_tells_nothing_of_anybody(notes: ServiceUnderTest):
    client = notes.app.test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200
    assert client.get("/metrics").status_code == 200
