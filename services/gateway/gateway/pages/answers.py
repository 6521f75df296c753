"""How a route answers: the fragment to htmx, a whole page or a redirect to a plain form; and the toast with 撤销."""

import json
from typing import Any

from flask import flash, make_response, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response


def wants_fragment() -> bool:
    """True for an htmx request that swaps a part of the page."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def shown(fragment: str, status: int = 200, **context: Any) -> Response:
    """A fragment alone, or as a page of its own where the form was a plain one."""
    name = fragment if wants_fragment() else "fragment_page.html"
    return make_response(render_template(name, fragment=fragment, **context), status)


def page(template: str, fragment: str, **context: Any) -> str:
    """The whole page, or only its list when htmx asks for more of it."""
    return render_template(fragment if wants_fragment() else template, **context)


def saved(fragment: str, *, back: str, text: str | None = None, undo: dict | None = None, **context: Any) -> Response:
    """After a write: the changed fragment with a toast; a plain form is sent back to `back`."""
    said = text or _("已保存")
    if not wants_fragment():
        flash(said)
        return redirect(back, 303)
    response = make_response(render_template(fragment, **context))
    return with_toast(response, said, undo)


def with_toast(response: Response, text: str, undo: dict | None = None) -> Response:
    """Add the toast; `undo` is {"url", "target", "fields"}: the inverse, sent as a form."""
    events = {"pd:toast": {"text": text, "undo": undo}, "pd:saved": True}
    response.headers["HX-Trigger"] = json.dumps(events)
    return response


def go(url: str, text: str | None = None, undo: dict | None = None) -> Response:
    """Send the browser to another page after a write, saying there what was done; `undo` is {"url", "fields"}, a form."""
    if text:
        flash(text, undo or "message")  # type: ignore[arg-type]  # kept as JSON: any value is a category
    if not wants_fragment():
        return redirect(url, 303)
    response = make_response("", 204)
    response.headers["HX-Redirect"] = url
    return response


def inner(path: str | None, otherwise: str) -> str:
    """A path of this site as it was given, else `otherwise`: never an address of another site (S18)."""
    if not path or not path.startswith("/") or path.startswith("//") or any(c < "!" or c == "\\" for c in path):
        return otherwise
    return path


def typed(*names: str) -> dict:
    """The named form fields that were sent and are not empty, stripped."""
    values = {name: (request.form.get(name) or "").strip() for name in names}
    return {name: value for name, value in values.items() if value}


def version() -> int:
    """The version the form was made from (its If-Match)."""
    raw = request.form.get("version", "")
    return int(raw) if raw.isdigit() else 0
