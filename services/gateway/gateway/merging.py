"""The services' documents merged into the ones the gateway serves; what each service promises stays as it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.policies import INTERNAL

SERVICES = ("player", "ticket", "sales", "catalog")

_REF = "#/components/schemas/"


def merged_documents(services: Path, own_openapi: Mapping[str, Any], own_asyncapi: Mapping[str, Any]) -> dict[str, str]:
    """{file name: text} out of services/*/openapi.json, asyncapi.json and schemas/, with the gateway's own."""
    present = [name for name in SERVICES if (services / name / "openapi.json").exists()]
    texts: dict[str, str] = {}
    openapis = {name: _load(services / name / "openapi.json") for name in present}
    asyncapis = {name: _load(services / name / "asyncapi.json") for name in present}
    for name in present:
        texts[f"{name}.openapi.json"] = _text(openapis[name])
    for name in (*present, "gateway"):
        folders = (services / name / "schemas", services / name / "inward")
        for path in sorted(path for folder in folders for path in folder.glob("*.json")):
            texts[f"schemas/{path.name}"] = path.read_text("utf-8")
    texts["openapi.json"] = _text(merge_openapi({**openapis, "gateway": own_openapi}))
    texts["asyncapi.json"] = _text(merge_asyncapi({**asyncapis, "gateway": own_asyncapi}))
    return texts


def merge_openapi(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """One OpenAPI document. A schema name used by two services for different things gets the service's name in front."""
    schemas: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for service, document in documents.items():
        own = document.get("components", {}).get("schemas", {})
        renamed = _clashing(service, own, schemas)
        schemas |= {_last(renamed.get(_REF + n, n)): _renamed(s, renamed) for n, s in own.items()}
        paths |= _renamed(_without_defaults(_for_others(document["paths"])), renamed)
    bearer = {"type": "http", "scheme": "bearer", "description": "the access_token of POST /api/v1/login"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Playdesk", "version": "1", "description": "One address for everything a desk does."},
        "security": [{"bearer": []}],
        "paths": {path: paths[path] for path in sorted(paths)},
        "components": {"schemas": dict(sorted(schemas.items())), "securitySchemes": {"bearer": bearer}},
    }


def _clashing(service: str, own: Mapping[str, Any], there: Mapping[str, Any]) -> dict[str, str]:
    """{reference: reference with the service's name in front}, also for what is different only by what it refers to."""
    renamed: dict[str, str] = {}
    while True:
        clashes = {name for name, schema in own.items() if name in there and there[name] != _renamed(schema, renamed)}
        found = renamed | {_REF + name: f"{_REF}{service.title()}{name}" for name in clashes}
        if found == renamed:
            return renamed
        renamed = found


def _last(reference: str) -> str:
    return reference.removeprefix(_REF)


def _for_others(paths: Mapping[str, Any]) -> dict[str, Any]:
    """Without what only the gateway itself asks of the services."""
    internal = {
        path
        for path, methods in paths.items()
        for told in methods.values()
        if isinstance(told, dict) and told.get("x-playdesk-action") in INTERNAL
    }
    return {path: methods for path, methods in paths.items() if path not in internal}


def _without_defaults(paths: Mapping[str, Any]) -> dict[str, Any]:
    """flask-smorest promises a `default` error in a form of its own, which none of our answers has."""
    return {
        path: {
            method: {**told, "responses": {code: r for code, r in told["responses"].items() if code != "default"}}
            if isinstance(told, dict) and "responses" in told
            else told
            for method, told in methods.items()
        }
        for path, methods in paths.items()
    }


def merge_asyncapi(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """One AsyncAPI document of all facts."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for document in documents.values():
        channels |= document["channels"]
        operations |= document["operations"]
        messages |= document["components"]["messages"]
    first = next(iter(documents.values()))
    info = {"title": "Playdesk facts", "version": "1", "description": first["info"]["description"]}
    return {**first, "info": info, "channels": channels, "operations": operations, "components": {"messages": messages}}


def _renamed(value: Any, renamed: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: renamed.get(item, item) if key == "$ref" else _renamed(item, renamed) for key, item in value.items()
        }
    return [_renamed(item, renamed) for item in value] if isinstance(value, list) else value


def _load(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
