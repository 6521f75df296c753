"""Whoever must have a second factor and has none sets it up before anything else, on the pages and in the API."""

from __future__ import annotations

from flask import Response, g, redirect, request, url_for

from gateway.identity.errors import EnrolFirst

_OPEN = ("login.", "second_factor.", "second-factor.", "assets.", "documents.")
_ALSO = frozenset({"session.sign_out", "session.me", "healthz", "readyz", "metrics", "static", "account.preferences"})


def lead_to_enrolment() -> Response | None:
    """Before each request: send a page there, refuse an API call with a code. Raises EnrolFirst."""
    person, endpoint = g.get("signed_in"), request.endpoint or ""
    if person is None or not person.must_enrol or endpoint.startswith(_OPEN) or endpoint in _ALSO:
        return None
    if request.path.startswith("/api/"):
        raise EnrolFirst()
    target = url_for("second_factor.index")
    if request.headers.get("HX-Request") == "true":
        return Response(status=204, headers={"HX-Redirect": target})
    return redirect(target, 303)  # type: ignore[return-value]
