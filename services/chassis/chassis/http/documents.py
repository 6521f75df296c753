"""The documents made from the code: OpenAPI from the routes, AsyncAPI and JSON Schemas from the facts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from marshmallow import INCLUDE, Schema, fields

from chassis.facts.bus import COMPANY_EVENTS, EVENTS
from chassis.facts.event import PREFIX, facts_of, schema_of
from chassis.facts.inward import Contract

TABLES = ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "text/csv")
_BINARY = {"type": "string", "format": "binary"}


class FieldProblem(Schema):
    """One wrong field."""

    class Meta:
        unknown = INCLUDE

    pointer = fields.String(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)


class Problem(Schema):
    """RFC 9457, with a stable code; some carry members of their own, such as `current` or `verdict`."""

    class Meta:
        unknown = INCLUDE

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True)
    code = fields.String(required=True)
    request_id = fields.String(required=True)
    errors = fields.List(fields.Nested(FieldProblem))


def page_of(item: type[Schema]) -> type[Schema]:
    """The schema of a page of items."""
    members = {
        "items": fields.List(fields.Nested(item), required=True),
        "next_cursor": fields.String(required=True, allow_none=True),
        "total": fields.Integer(),
    }
    return Schema.from_dict(members, name=f"{item.__name__}Page")  # type: ignore[arg-type]


def describe(
    view: Callable[..., Any],
    *,
    action: str,
    answer: type[Schema] | None,
    status: int,
    body: type[Schema] | None,
    query: type[Schema] | None,
    references: Mapping[str, str] | None,
    versioned: bool,
    creates: bool,
    problems: Mapping[int, str] | None,
    upload: bool = False,
    files: bool = False,
) -> None:
    """Write beside a view what its route promises, for the OpenAPI document."""
    document: dict[str, Any] = {"x-playdesk-action": action, "responses": {}}
    if references:
        document["x-playdesk-references"] = dict(references)
    success: dict[str, Any] = {"description": "Done"}
    if answer is not None:
        success["content"] = {"application/json": {"schema": answer}}
    if files:
        success["content"] = {kind: {"schema": _BINARY} for kind in TABLES}
    document["responses"][str(status)] = success
    refusals = {400, 401, 403, 404, 429, 503} | ({412, 428} if versioned else set()) | ({422} if body else set())
    refusals |= {413, 415, 422} if upload else set()
    for code in sorted(refusals | ({409, 422} if creates else set())):  # a key that is in use, or had another body
        document["responses"][str(code)] = _problem(str(code))
    for code, description in (problems or {}).items():
        document["responses"][str(code)] = _problem(description)
    if body is not None:
        document["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    if upload:
        document["x-playdesk-upload"] = True
        form = {"type": "object", "properties": {"file": _BINARY}, "required": ["file"]}
        content = {kind: {"schema": _BINARY} for kind in TABLES} | {"multipart/form-data": {"schema": form}}
        document["requestBody"] = {"required": False, "content": content}
    document["parameters"] = _parameters(query, versioned, creates)
    view._apidoc = {"manual_doc": document}  # type: ignore[attr-defined]


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/problem+json": {"schema": Problem}}}


def _parameters(query: type[Schema] | None, versioned: bool, creates: bool) -> list[Any]:
    found: list[Any] = [{"in": "query", "schema": query}] if query is not None else []
    if versioned:
        found.append(_header("If-Match", True, "the ETag of the version the change was made from", r'^"\d+"$'))
    if creates:
        found.append(_header("Idempotency-Key", False, "one effect however often it is sent; kept for 24 hours", ""))
    return found


def _header(name: str, required: bool, description: str, pattern: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "maxLength": 200, **({"pattern": pattern} if pattern else {})}
    return {"in": "header", "name": name, "required": required, "description": description, "schema": schema}


def openapi(app: Flask) -> dict[str, Any]:
    """The OpenAPI 3.1 document of a service's application."""
    document = app.extensions["playdesk_api"].spec.to_dict()
    document["paths"] = {path: document["paths"][path] for path in sorted(document["paths"])}
    return document


def asyncapi(
    name: str,
    title: str,
    emits: tuple[str, ...],
    shown: Mapping[str, Any] | None = None,
    heard: Mapping[str, Contract] | None = None,
) -> dict[str, Any]:
    """The AsyncAPI 3 document of the facts a service emits, and of those other systems tell it (`heard`).

    `shown` are examples by key, as they went over the wire.
    """
    facts = facts_of(emits)
    channels, operations, messages = {}, {}, {}
    for key, kind in facts.items():
        messages[key] = {
            "name": f"{PREFIX}{key}",
            "title": (kind.__doc__ or key).strip().split("\n")[0],
            "contentType": "application/cloudevents+json",
            "payload": _cloud_event_schema(name, key, schema_of(kind)),
        }
        if shown and key in shown:
            messages[key]["examples"] = [{"name": "real", "summary": "from a real run", "payload": shown[key]}]
        channels[key] = {"address": key, "messages": {key: {"$ref": f"#/components/messages/{key}"}}}
        channels[key]["bindings"] = {
            "amqp": {"is": "routingKey", "exchange": {"name": EVENTS, "type": "topic", "durable": True}}
        }
        operations[f"send.{key}"] = {"action": "send", "channel": {"$ref": f"#/channels/{key}"}}
    for key, contract in (heard or {}).items():
        messages[key] = _inward_message(contract)
        channels[key] = {"address": key, "messages": {key: {"$ref": f"#/components/messages/{key}"}}}
        exchange = {"name": COMPANY_EVENTS, "type": "topic", "durable": True}
        channels[key]["bindings"] = {"amqp": {"is": "routingKey", "exchange": exchange}}
        operations[f"receive.{key}"] = {"action": "receive", "channel": {"$ref": f"#/channels/{key}"}}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": title,
            "version": "1",
            "description": "At least once, in order per entity. CloudEvents 1.0, structured.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def _cloud_event_schema(service: str, key: str, data: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in data.items() if not name.startswith("$")}
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["specversion", "id", "type", "source", "subject", "time", "sequence", "entityversion", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "format": "uuid"},
            "type": {"const": f"{PREFIX}{key}"},
            "source": {"const": f"/playdesk/{service}"},
            "subject": text,
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "dataschema": text,
            "sequence": {"type": "integer", "description": "position in this service's log"},
            "entityversion": {"type": "integer"},
            "actor": text,
            "correlationid": text,
            "traceparent": text,
            "data": plain,
        },
    }


def _inward_message(contract: Contract) -> dict[str, Any]:
    """What another system sends to `company.events`, told by its contract."""
    schema = contract.schema()
    text = {"type": "string"}
    plain = {name: value for name, value in schema.items() if not name.startswith("$")}
    envelope = {
        "type": "object",
        "required": ["specversion", "id", "type", "source", "subject", "entityversion", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {**text, "maxLength": 64, "description": "unique for its source"},
            "type": {"const": contract.key},
            "source": {**text, "maxLength": 200},
            "subject": {**text, "maxLength": 64, "description": "the teller's own ID, never a phone number"},
            "time": {"type": "string", "format": "date-time"},
            "entityversion": {"type": "integer", "minimum": 1, "description": "grows with each fact of a subject"},
            "data": plain,
        },
    }
    example = inward_event(contract, source=f"/company/{contract.teller}", subject="4711", version=1)
    return {
        "name": contract.key,
        "title": schema["description"],
        "contentType": "application/cloudevents+json",
        "payload": envelope,
        "examples": [{"name": "sample", "summary": f"as {contract.teller} tells it", "payload": example}],
    }


def inward_event(contract: Contract, *, source: str, subject: str, version: int) -> dict[str, Any]:
    """The example of a contract as a CloudEvent."""
    return {
        "specversion": "1.0",
        "id": f"{contract.key}-{subject}-{version}"[:64],
        "type": contract.key,
        "source": source,
        "subject": subject,
        "time": "2026-11-22T06:30:00Z",
        "datacontenttype": "application/json",
        "entityversion": version,
        "data": dict(contract.example),
    }


def generated(
    app: Flask,
    name: str,
    title: str,
    emits: tuple[str, ...],
    folder: Path,
    heard: Mapping[str, Contract] | None = None,
) -> dict[Path, str]:
    """Every document of a service as {path: text}."""
    shown = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((folder / "examples").glob("*.json"))}
    facts = asyncapi(name, title, emits, shown, heard)
    documents = {folder / "openapi.json": openapi(app), folder / "asyncapi.json": facts}
    for key, contract in (heard or {}).items():
        documents[folder / "inward" / f"{key}.json"] = contract.schema()
    for key, kind in facts_of(emits).items():
        documents[folder / "schemas" / f"{key}.json"] = schema_of(kind)
    return {path: json.dumps(value, ensure_ascii=False, indent=1) + "\n" for path, value in documents.items()}


def outdated(documents: Mapping[Path, str]) -> list[Path]:
    """The documents that are missing or differ from what the code generates."""
    return [path for path, text in documents.items() if not path.exists() or path.read_text("utf-8") != text]
