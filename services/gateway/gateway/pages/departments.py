"""The departments that a form lets one choose from."""

from __future__ import annotations

from gateway.clients import api


def all_departments() -> list[dict]:
    """Every department, as the API shows them."""
    found: list[dict] = api.get("/departments", params={"limit": 200}).json["items"]
    return found
