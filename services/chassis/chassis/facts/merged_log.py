"""The merged log at the gateway as a client of its API reads it: by client credentials, page by page."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote_plus, urlencode, urljoin
from urllib.request import Request, urlopen

import orjson

from chassis.clock import rfc3339

PATIENCE = 30  # seconds for one answer


class LogAway(Exception):
    """The merged log cannot be read: the address, the client or its secret is wrong, or somebody is down."""


class MergedLog:
    """`url` is the address of GET /api/v1/events; the token is got beside it, at /oauth/token, and anew when it is over."""

    def __init__(self, url: str, client_id: str, secret: str) -> None:
        self.url, self._client_id, self._secret = url, client_id, secret
        self._token = ""

    def pages(self, keys: tuple[str, ...], since: datetime) -> Iterator[list[Mapping[str, Any]]]:
        """Facts of these keys behind a moment (UTC), page by page, to the end of now. Raises LogAway."""
        fields = {"since": rfc3339(since) or ""}
        while True:
            page = self._page({"types": ",".join(keys), "limit": 500, **fields})
            if page.get("unavailable"):
                raise LogAway(f"the log of {', '.join(page['unavailable'])} is away")
            yield page["items"]
            if not page["more"]:
                return
            fields = {"after": page["next_cursor"]}

    def _page(self, query: Mapping[str, Any]) -> dict[str, Any]:
        """One page; a token that is over is got anew once."""
        known = bool(self._token)
        self._token = self._token or self._new_token()
        try:
            return self._asked(query)
        except HTTPError as refused:
            if refused.code != 401 or not known:
                raise LogAway(f"{self.url}: {refused}") from refused
            self._token = ""
            return self._page(query)

    def _asked(self, query: Mapping[str, Any]) -> dict[str, Any]:
        return _answer(Request(f"{self.url}?{urlencode(query)}", headers={"Authorization": f"Bearer {self._token}"}))  # noqa: S310

    def _new_token(self) -> str:
        """Client credentials for a token (RFC 6749, 4.4; both are encoded first, 2.3.1)."""
        address = urljoin(self.url, "/oauth/token")
        known = base64.b64encode(f"{quote_plus(self._client_id)}:{quote_plus(self._secret)}".encode()).decode()
        headers = {"Authorization": f"Basic {known}", "Content-Type": "application/x-www-form-urlencoded"}
        form = urlencode({"grant_type": "client_credentials", "scope": "event:read"}).encode()
        try:
            return str(_answer(Request(address, form, headers))["access_token"])  # noqa: S310
        except (HTTPError, KeyError) as error:
            raise LogAway(f"{address}: {error}") from error


def _answer(request: Request) -> dict[str, Any]:
    """The JSON of an answer. Raises HTTPError, LogAway."""
    try:
        with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            found: dict[str, Any] = orjson.loads(answer.read())
    except HTTPError:
        raise
    except (OSError, ValueError) as error:
        raise LogAway(f"{request.full_url.partition('?')[0]}: {error}") from error
    return found
