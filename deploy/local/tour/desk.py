"""One person at the API: signed in, with versions and keys put where they belong."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import requests

PASSWORD = "playdesk-demo"


class Unexpected(AssertionError):
    """An answer was not what the step promised."""


def expect(true: Any, what: str) -> None:
    """Raise Unexpected with `what` unless it is true."""
    if not true:
        raise Unexpected(what)


def until(what: str, ready: Callable[[], Any], *, seconds: float = 20.0) -> Any:
    """Ask again and again until the answer is true; returns it. Raises Unexpected after `seconds`."""
    ends = time.monotonic() + seconds
    while True:
        found = ready()
        if found:
            return found
        expect(time.monotonic() < ends, f"waited {seconds:g} s in vain: {what}")
        time.sleep(0.1)


class Desk:
    """The API as one member of staff."""

    def __init__(self, url: str, no: str = "", *, language: str = "zh") -> None:
        self.url, self.no = url, no
        self.http = requests.Session()
        self.http.headers["Accept-Language"] = language
        if no:
            self._sign_in()

    def _sign_in(self) -> None:
        """Where others sign in as the same person just now, one stands in line as the answer says."""
        ends = time.monotonic() + 30
        while True:
            answer = self.call("POST", "/login", None, {"staff_no": self.no, "password": PASSWORD})
            if "access_token" in answer:
                break
            expect(
                answer.get("code") == "too_many_attempts" and time.monotonic() < ends,
                f"{self.no} may not sign in: {answer}",
            )
            time.sleep(answer["retry_after"])
        self.http.headers["Authorization"] = f"Bearer {answer['access_token']}"
        self.staff = answer["staff"]

    def call(
        self, method: str, path: str, status: int | None, body: Any = None, *, version: int | None = None, key: str = ""
    ) -> Any:
        """One request; the JSON of the answer. Raises Unexpected unless its status is `status`."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())} if method == "POST" else {}
        headers |= {"If-Match": f'"{version}"'} if version is not None else {}
        response = self.http.request(method, f"{self.url}/api/v1{path}", json=body, headers=headers, timeout=15)
        expect(
            status in (None, response.status_code),
            f"{self.no} {method} {path}: {response.status_code} instead of {status}: {response.text[:400]}",
        )
        return response.json() if response.content else None

    def get(self, path: str, status: int = 200) -> Any:
        """Read."""
        return self.call("GET", path, status)

    def post(self, path: str, body: Any = None, status: int = 201, **more: Any) -> Any:
        """Create or move on."""
        return self.call("POST", path, status, body, **more)

    def patch(self, path: str, body: Any, version: int, status: int = 200) -> Any:
        """Change."""
        return self.call("PATCH", path, status, body, version=version)
