"""How much one caller may ask: a generous limit per person or address, told in every answer; a small one for visitors."""

from __future__ import annotations

from time import time

from flask import Flask, Response, g, request
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from werkzeug.wrappers import Response as BaseResponse

from chassis.http import problems
from gateway.pages.errors import error_page

__all__ = ["install"]
_LIMITED = ("/api/", "/oauth/")
_VISITED = ("/s/",)  # pages for players, who come by a link and are not signed in


def install(app: Flask, rate: str, visitors_rate: str) -> None:
    """Count every API request; over the limit is 429 with Retry-After. Each web process counts by itself.

    Of pages that need no login each address has `visitors_rate`, whoever is signed in there.
    """
    limit, visits = parse(rate), parse(visitors_rate)
    limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def check_visit() -> BaseResponse | None:
        if not request.path.startswith(_VISITED) or limiter.hit(visits, "visitor", request.remote_addr or ""):
            return None
        answer = error_page(429)
        answer.headers["Retry-After"] = str(visits.get_expiry())
        return answer

    def check() -> Response | None:
        if not request.path.startswith(_LIMITED):
            return None
        person = g.get("signed_in")
        who = person.id if person else f"address:{request.remote_addr}"
        own = parse(f"{person.rate_per_minute}/minute") if person and person.rate_per_minute else limit
        allowed = limiter.hit(own, who)
        stats = limiter.get_window_stats(own, who)
        g.rate = (own, max(0, stats.remaining), max(1, round(stats.reset_time - time())))
        if allowed:
            return None
        return problems.of_status(429, headers={"Retry-After": str(g.rate[2])})

    def tell(response: Response) -> Response:
        if "rate" in g:
            own, remaining, reset = g.rate
            response.headers["RateLimit-Policy"] = f'"default";q={own.amount};w={own.get_expiry()}'
            response.headers["RateLimit"] = f'"default";r={remaining};t={reset}'
        return response

    app.before_request(check)
    app.before_request(check_visit)
    app.after_request(tell)
