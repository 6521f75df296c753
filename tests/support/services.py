"""One service in the test's own process, over a real database, called as anybody one likes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from chassis.callers import Caller, Scope
from chassis.clock import new_id
from chassis.data.migrations import migrate
from chassis.http.app import make_app
from chassis.http.auth import Minter
from chassis.ops.samples import key_pair, sample_settings
from chassis.service import Runtime, Service


@dataclass
class Person:
    """Somebody who calls a service; `references` are the copies the gateway would put into the token."""

    client: FlaskClient
    minter: Minter
    audience: str
    caller: Caller
    references: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The caller's ID."""
        return self.caller.id

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        version: int | None = None,
        key: str | None = None,
        **options: Any,
    ) -> TestResponse:
        """One request to /api/v1{path} with a fresh token."""
        headers = {
            "Authorization": f"Bearer {self.minter.token(self.caller, self.audience, references=self.references)}"
        }
        headers |= {"If-Match": f'"{version}"'} if version is not None else {}
        headers |= {"Idempotency-Key": key} if key else {}
        headers |= options.pop("headers", {})
        return self.client.open(f"/api/v1{path}", method=method, json=json, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        """GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> TestResponse:
        """POST."""
        return self.request("POST", path, json=json, **options)

    def patch(self, path: str, json: Any = None, **options: Any) -> TestResponse:
        """PATCH."""
        return self.request("PATCH", path, json=json, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        """DELETE."""
        return self.request("DELETE", path, **options)


class ServiceUnderTest:
    """A migrated service; `settings` are environment variables beside the usual ones."""

    def __init__(self, service: Service, database_url: str, **settings: str) -> None:
        private, public = key_pair()
        self.service = service
        kept = sample_settings(service.settings, DATABASE_URL=database_url, TOKEN_PUBLIC_KEY=public, **settings)
        self.runtime = Runtime(service, kept)
        migrate(self.runtime.database.engine, service.migrations)
        self.app = make_app(self.runtime)
        self.minter = Minter(private)

    def person(
        self,
        *permissions: str,
        scope: str = "self",
        departments: tuple[str, ...] = (),
        staff_id: str | None = None,
        department_id: str | None = None,
        references: dict[str, list[dict[str, Any]]] | None = None,
    ) -> Person:
        """Somebody with these permissions and this scope ("self", "departments" or "all")."""
        caller = Caller(
            id=staff_id or new_id(),
            department_id=department_id,
            permissions=frozenset(permissions),
            scope=Scope(scope, departments),
        )
        return Person(self.app.test_client(), self.minter, self.service.name, caller, references or {})

    def facts(self) -> list[Any]:
        """Everything in the outbox and the log, oldest first: (type, subject, entity_version, data)."""
        from sqlalchemy import select, union_all

        from chassis.data.tables import event_log, outbox

        columns = ("type", "subject", "entity_version", "data", "occurred_at")
        both = union_all(*(select(*(t.c[name] for name in columns)) for t in (event_log, outbox))).subquery()
        with self.runtime.database.reading.connect() as connection:
            return list(connection.execute(select(both).order_by(both.c.occurred_at)))

    def close(self) -> None:
        """Give the connections back."""
        self.runtime.database.close()
