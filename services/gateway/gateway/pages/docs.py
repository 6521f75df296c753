"""The API and the facts, rendered from the documents that the services' own code generates."""

import json

from flask import Blueprint, abort, render_template

from gateway.clients.directory import DOCUMENTS
from gateway.pages.schemas import operations, schema_rows
from gateway.policies import requires

blueprint = Blueprint("docs", __name__, url_prefix="/docs")


@blueprint.get("/api")
@requires("own")
def api():
    """Every route, by resource."""
    document = _document("openapi.json")
    return render_template("docs/api.html", document=document, groups=operations(document))


@blueprint.get("/events")
@requires("own")
def events():
    """Every fact that is told, with what it carries."""
    document = _document("asyncapi.json")
    return render_template("docs/events.html", document=document, facts=_facts(document))


def _document(name: str) -> dict:
    path = DOCUMENTS / name
    return json.loads(path.read_text("utf-8")) if path.is_file() else abort(404)


def _facts(document: dict) -> list[dict]:
    """One entry a fact: name, what it says, the fields of its data."""
    messages = document.get("components", {}).get("messages", {})
    return [
        {"name": name, "title": message.get("title") or message.get("summary") or "",
         "text": message.get("description", ""), "rows": schema_rows(document, message.get("payload") or {}),
         "examples": [example.get("payload", example) for example in message.get("examples", [])]}
        for name, message in sorted(messages.items())
    ]  # fmt: skip
