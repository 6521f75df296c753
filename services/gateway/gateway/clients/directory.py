"""Which service serves a path, which action it takes and what it names: read from the services' own documents."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

# Every service has its own; the gateway makes one list of them, or keeps it for itself.
COMPOSED = ("/api/v1/jobs", "/api/v1/dead-letters", "/api/v1/event-log", "/api/v1/survey-links")
DOCUMENTS = Path(__file__).parent.parent / "documents"


@dataclass(frozen=True)
class Operation:
    """One route of a service."""

    service: str
    method: str
    rule: str
    action: str
    references: Mapping[str, str] = field(default_factory=dict)
    upload: bool = False


Route = tuple[re.Pattern[str], dict[str, Operation]]


@cache
def _routes() -> dict[tuple[int, str], list[Route]]:
    """The routes by their shape: of some fifty, one request is compared with two or three."""
    found: dict[tuple[int, str], list[Route]] = {}
    for path in sorted(DOCUMENTS.glob("*.openapi.json")):
        service = path.name.partition(".")[0]
        for rule, methods in json.loads(path.read_text("utf-8"))["paths"].items():
            if rule.startswith(COMPOSED):
                continue
            operations = {
                method.upper(): Operation(
                    service,
                    method.upper(),
                    rule,
                    described["x-playdesk-action"],
                    described.get("x-playdesk-references", {}),
                    described.get("x-playdesk-upload", False),
                )
                for method, described in methods.items()
                if isinstance(described, dict) and "x-playdesk-action" in described
            }
            found.setdefault(_shape(rule), []).append((_pattern(rule), operations))
    return found


def _shape(path: str) -> tuple[int, str]:
    """How many parts a path has, and its resource: the part after /api/v1."""
    parts = path.split("/", 4)
    return path.count("/"), parts[3] if len(parts) > 3 else ""


def _pattern(rule: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[a-z_]+\\\}", r"[^/]+", re.escape(rule)))


def find(method: str, path: str) -> Operation | None:
    """The operation for /api/v1/…; None where no service has the path. Raises LookupError for another method."""
    methods = find_methods(path)
    if not methods:
        return None
    if method not in methods:
        raise LookupError(sorted(methods))
    return methods[method]


def find_methods(path: str) -> dict[str, Operation]:
    """{method: operation} of a path."""
    for pattern, operations in _routes().get(_shape(path), ()):
        if pattern.fullmatch(path):
            return operations
    return {}


def all_operations() -> list[Operation]:
    """Every operation of every service."""
    routes = (route for same in _routes().values() for route in same)
    return [operation for _, operations in routes for operation in operations.values()]
