"""The merged documents: OpenAPI of all services at one address, AsyncAPI of all facts, and the schemas."""

from __future__ import annotations

from flask import Blueprint, Response

from chassis.rules import NotFound
from gateway.clients.directory import DOCUMENTS

blueprint = Blueprint("documents", __name__)


def _document(name: str) -> Response:
    path = DOCUMENTS / name
    if not path.is_file():
        raise NotFound()
    response = Response(path.read_bytes(), content_type="application/json")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@blueprint.get("/api/v1/openapi.json")
def openapi() -> Response:
    """The API of the whole suite."""
    return _document("openapi.json")


@blueprint.get("/docs/asyncapi.json")
def asyncapi() -> Response:
    """The facts of the whole suite."""
    return _document("asyncapi.json")


@blueprint.get("/docs/events/schemas/<name>")
def schema(name: str) -> Response:
    """The JSON Schema of one fact's data."""
    if not name.replace(".", "").replace("_", "").isalnum():
        raise NotFound()
    return _document(f"schemas/{name}")
