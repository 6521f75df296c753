"""How much one caller may ask: a generous limit per person or address, told in every answer."""

from __future__ import annotations

from time import time

from flask import Flask, Response, g, request
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from chassis.http import problems

__all__ = ["install"]
_LIMITED = ("/api/", "/oauth/")


def install(app: Flask, rate: str) -> None:
    """Count every API request; over the limit is 429 with Retry-After. Each web process counts by itself."""
    limit = parse(rate)
    limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

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
    app.after_request(tell)
