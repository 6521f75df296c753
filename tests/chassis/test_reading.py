"""S22: whatever is sent as a body or a query is read or refused with 400, 413, 415 or 422; never with an error of ours."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.http.reading import NotJson, parse_json
from tests.support.services import Person, ServiceUnderTest

MALFORMED = [
    b"",
    b"{",
    b"{bad}",
    b"{'text': 'x'}",
    b'{"text": "x",}',
    b'{"text": "x"} {}',
    b'{"text": NaN}',
    b'{"text": Infinity}',
    b'{"text": -Infinity}',
    b'{"text": "x", "text": "y"}',
    b'{"custom": {"a": 1, "a": 2}}',
    b'\xff\xfe{"text": "x"}',
    b'{"text": "\xc3\x28"}',
    b'{"text": "\xed\xa0\x80"}',
    '{"text": "x"}'.encode("utf-16"),
    b'\xef\xbb\xbf{"text": "x"}',
    b'{"text": "a\nb"}',
    b'{"text": "\x00"}',
    b"[" * 100_000,
    b'{"text":' * 50_000,
    b"[" * 2_000 + b"]" * 2_000,
    b'{"weight": ' + b"9" * 10_000 + b"}",
    b"nul",
    b"01",
    b"0x10",
]


@pytest.fixture(scope="module")
def me(notes: ServiceUnderTest) -> Person:
    """Somebody who may write."""
    return notes.person("note.write", "note.read")


def send(person: Person, body: bytes, content_type: str = "application/json"):
    """POST these bytes."""
    return person.post("/notes", data=body, headers={"Content-Type": content_type})


@pytest.mark.parametrize("body", MALFORMED[1:], ids=range(1, len(MALFORMED)))
def test_what_is_no_json_is_400(me, body):
    answer = send(me, body)
    assert (answer.status_code, answer.json["code"]) == (400, "not_json"), answer.text[:300]


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
def test_what_is_no_json_is_named_so(body):
    with pytest.raises(NotJson):
        parse_json(body)


WRONG = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b'"text"',
    b"5",
    b"[" * 400 + b"]" * 400,
    b'{"text": "x", "\\ud800": 1}',
    b'{"text": "x", "unknown": {"\\udfff": 1}}',
    b'{"text": "\\ud800"}',
    b'{"text": "\\u0000"}',
    b'{"text": "x", "custom": {"\\ud800": 1}}',
    b'{"text": "x", "custom": {"a": "\\ud800"}}',
    b'{"text": "x", "weight": 1e999}',
    b'{"text": "x", "weight": 1' + b"0" * 400 + b"}",
    b'{"text": "x", "weight": -0.0}',
    b'{"text": "x", "custom": {"a": 1e999}}',
    b'{"text": "x", "price": {"amount": "\\ud800", "currency": "CNY"}}',
    b'{"text": "x", "price": {"amount": "1", "currency": "\\ud800"}}',
    b'{"text": "x", "' + b"k" * 5000 + b'": 1}',
    b'{"text": "x"' + b"".join(b', "k%d": 1' % n for n in range(10_000)) + b"}",
    json.dumps({"text": "x" * 100_000}).encode(),
]


@pytest.mark.parametrize("body", WRONG, ids=range(len(WRONG)))
def test_json_that_is_not_what_is_asked_for_is_422_and_says_where(me, body):
    answer = send(me, body)
    assert (answer.status_code, answer.json["code"]) == (422, "wrong_fields"), answer.text[:300]
    assert all(error["code"] and error["detail"] for error in answer.json["errors"])


def test_the_pointer_names_the_field(me):
    answer = send(me, json.dumps({"text": 5, "a/b~c": 1, "price": {"amount": 1}}).encode())
    found = {error["pointer"]: error["code"] for error in answer.json["errors"]}
    assert found == {"/text": "wrong_type", "/a~1b~0c": "unknown_field", "/price": "not_money"}


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "multipart/form-data", "", "application/json5"]
)
def test_a_body_of_another_kind_is_415(me, content_type):
    assert send(me, b'{"text": "x"}', content_type).status_code == 415


def test_json_may_name_its_charset(me):
    assert send(me, b'{"text": "x"}', "application/json; charset=utf-8").status_code == 201


def test_a_body_over_the_limit_is_413(me):
    assert send(me, b'{"text": "' + b"x" * (1024 * 1024) + b'"}').status_code == 413


def test_a_body_where_none_belongs_is_refused(notes, me):
    note = me.post("/notes", {"text": "x"}).json
    assert me.delete(f"/notes/{note['id']}", json={"force": True}, version=1).status_code == 422
    assert me.get(f"/notes/{note['id']}?force=true").status_code == 400


@pytest.mark.parametrize(
    "path",
    ["/notes/not-an-id", "/notes/", "/notes/01a202d0", "/nothing", "/notes/%00", "/../../etc/passwd", "/notes/%ff"],
)
def test_paths_that_lead_nowhere_are_404(me, path):
    answer = me.get(path)
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"


def test_a_method_that_is_not_offered_is_405(me):
    answer = me.request("PUT", "/notes")
    assert answer.status_code == 405
    assert answer.content_type == "application/problem+json"


@given(st.binary(max_size=200))
def test_no_bytes_at_all_are_an_error_of_ours(me, body):
    assert send(me, body).status_code in (201, 400, 415, 422)


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.one_of(st.sampled_from(["text", "weight", "price", "custom"]), st.text()), json_values, max_size=5
    )
)
def test_no_json_at_all_is_an_error_of_ours(me, value):
    answer = send(me, json.dumps(value).encode("utf-8", "surrogatepass"))
    assert answer.status_code in (201, 400, 422), answer.text


@given(
    st.dictionaries(st.one_of(st.sampled_from(["limit", "cursor", "sort", "count"]), st.text()), st.text(), max_size=4)
)
def test_no_query_at_all_is_an_error_of_ours(me, query):
    answer = me.get("/notes", query_string={k: v.encode("utf-8", "replace").decode() for k, v in _clean(query).items()})
    assert answer.status_code in (200, 400), answer.text


def _clean(query: dict[str, str]) -> dict[str, str]:
    return {key.encode("utf-8", "replace").decode(): value for key, value in query.items()}


@given(
    st.sampled_from(["If-Match", "Idempotency-Key", "Accept-Language", "X-Request-Id", "traceparent", "Accept", "Authorization"]),
    st.text(alphabet=st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=300),
)  # fmt: skip
def test_no_header_at_all_is_an_error_of_ours(me, name, value):
    answer = me.post("/notes", {"text": "x"}, headers={name: value})
    assert answer.status_code in (201, 400, 401, 422), answer.text
    assert len(answer.headers["X-Request-Id"]) <= 64
