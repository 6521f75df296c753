"""OpenAPI operations and JSON schemas as rows a page can show."""

METHODS = ("get", "post", "patch", "put", "delete")
DEEP = 4


def operations(document: dict) -> dict[str, list[dict]]:
    """{resource: operations} in the order of the paths."""
    groups: dict[str, list[dict]] = {}
    for path, methods in sorted(document.get("paths", {}).items()):
        for method in METHODS:
            if method in methods:
                operation = methods[method]
                groups.setdefault((operation.get("tags") or ["—"])[0], []).append(
                    _operation(document, path, method, operation)
                )
    return groups


def _operation(document: dict, path: str, method: str, operation: dict) -> dict:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return {
        "path": path, "method": method, "summary": operation.get("summary", ""),
        "description": operation.get("description", ""), "action": operation.get("x-playdesk-action"),
        "anchor": f"{method}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}",
        "parameters": [parameter(document, one) for one in operation.get("parameters", [])],
        "body": schema_rows(document, body) if body else [], "responses": _responses(document, operation),
    }  # fmt: skip


def parameter(document: dict, found: dict) -> dict:
    """Name, place, type and text of one parameter."""
    found = resolve(document, found)
    return {
        "name": found.get("name"),
        "in": found.get("in"),
        "required": found.get("required", False),
        "type": type_of(document, found.get("schema", {})),
        "text": found.get("description", ""),
    }


def _responses(document: dict, operation: dict) -> list[dict]:
    rows = []
    for status, found in sorted(operation.get("responses", {}).items()):
        if status == "default":
            continue
        found = resolve(document, found)
        content: dict = next(iter(found.get("content", {}).values()), {})
        rows.append(
            {
                "status": status,
                "text": found.get("description", ""),
                "type": type_of(document, content.get("schema", {})),
            }
        )
    return rows


def schema_rows(document: dict, schema: dict, prefix: str = "", depth: int = 0) -> list[dict]:
    """The fields of a schema, nested ones as `player.nickname` and `lines[].quantity`."""
    schema = resolve(document, schema)
    rows: list[dict] = []
    for part in schema.get("allOf", []):
        rows += schema_rows(document, part, prefix, depth)
    required = schema.get("required", [])
    for name, found in schema.get("properties", {}).items():
        field = resolve(document, found)
        rows.append(
            {
                "name": prefix + name,
                "type": type_of(document, found),
                "required": name in required,
                "text": field.get("description", ""),
            }
        )
        if depth < DEEP:
            rows += _nested(document, field, prefix + name, depth + 1)
    return rows


def _nested(document: dict, field: dict, name: str, depth: int) -> list[dict]:
    if field.get("properties"):
        return schema_rows(document, field, f"{name}.", depth)
    items = field.get("items")
    return schema_rows(document, items, f"{name}[].", depth) if isinstance(items, dict) else []


def type_of(document: dict, schema: dict) -> str:
    """A short word for a schema's type: its name, `string`, `integer[]`, `a | b`."""
    if "$ref" in schema:
        return schema["$ref"].rsplit("/", 1)[-1]
    for joined in ("anyOf", "oneOf", "allOf"):
        if joined in schema:
            return " | ".join(type_of(document, part) for part in schema[joined])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    kind = schema.get("type", "any")
    kind = " | ".join(kind) if isinstance(kind, list) else kind
    if kind == "array":
        return f"{type_of(document, schema.get('items', {}))}[]"
    return f"{kind} ({schema['format']})" if schema.get("format") else kind


def resolve(document: dict, schema: dict) -> dict:
    """Follow one reference inside the document."""
    seen = 0
    while "$ref" in schema and seen < DEEP:
        found: dict = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found.get(step.replace("~1", "/"), {})
        schema, seen = found, seen + 1
    return schema
