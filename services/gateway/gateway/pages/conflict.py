"""The stale write: what the other person changed, what was typed, and the three ways on (看差异 · 用我的 · 用她的)."""

from collections.abc import Mapping

from flask import Response, make_response, render_template, request

from gateway.clients import Refused, Unavailable, api
from gateway.identity import directory
from gateway.pages.answers import inner, wants_fragment
from gateway.pages.clock import when
from gateway.pages.labels import LABELS, label

NOT_SHOWN = {"version", "csrf_token", "fresh", "do", "key", "mask"}


def conflict(problem: dict) -> Response:
    """The dialogue for a 412, holding all that was typed; a whole page for a plain form."""
    current = problem.get("current") or {}
    fresh = inner(request.form.get("fresh"), _fresh_row())
    context = {
        "current": current,
        "differences": differences(request.form, current),
        "change": last_change(current),
        "typed": [
            (name, value) for name, value in request.form.items(multi=True) if name not in ("version", "csrf_token")
        ],
        "fresh": fresh,
        "target": request.headers.get("HX-Target") or "",
        "action": request.path,
    }
    name = "conflict/_dialog.html" if wants_fragment() else "fragment_page.html"
    response = make_response(render_template(name, fragment="conflict/_dialog.html", **context), 412)
    return response


def _fresh_row() -> str:
    """Where the record is read anew when the form does not say: a ticket's status form is kept short."""
    if not request.path.endswith("/status"):
        return request.path
    place, ticket = request.form.get("as", "row"), request.path.removesuffix("/status")
    return ticket if place == "page" else f"{ticket}/row?as={place}"


def differences(form: Mapping[str, str], current: dict) -> list[dict]:
    """Fields whose typed value is not the present one: [{field, mine, theirs}], as words."""
    rows = []
    for name in form:
        if name in NOT_SHOWN or name not in current:
            continue
        mine, theirs = form[name].strip(), _flat(current[name])
        if mine.replace("\r\n", "\n") != theirs.strip():
            rows.append({"field": name, "mine": word(name, mine), "theirs": word(name, theirs)})
    return rows


def _flat(value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("amount", ""))
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return "" if value is None else str(value)


def word(field: str, value: object) -> str:
    """A field's value as it is read: the word of a code, a person's name, else the text."""
    text = _flat(value)
    if field in ("assignee_id", "agent_id", "staff_id", "buyer") and text:
        return (directory().get(text) or {}).get("name") or text
    if field == "supplier_id" and text:
        return _supplier(text)
    if field in ("due_at", "deadline_at", "first_response_due_at"):
        return when(text)
    kind = {"state": "order_state"}.get(field, field)
    return label(text, kind) if kind in LABELS and kind not in ("field", "problem") else text


def _supplier(supplier_id: str) -> str:
    try:
        return str(api.get(f"/suppliers/{supplier_id}").json["name"])
    except (Refused, Unavailable):
        return supplier_id


def last_change(current: dict) -> dict | None:
    """Who changed this ticket last, when and to what; None where there is no timeline to ask."""
    if "question" not in current:
        return None
    try:
        items = api.get(f"/tickets/{current['id']}/timeline").json["items"]
    except (Refused, Unavailable):
        return None
    changes = [item for item in items if item.get("changes")]
    return max(changes, key=lambda item: item["at"]) if changes else None
