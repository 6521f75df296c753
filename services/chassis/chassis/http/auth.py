"""The internal token: who calls, what they may do and which rows they reach, signed by the gateway with Ed25519."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import time
from typing import Any

from flask import g
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from chassis.callers import Caller, Scope
from chassis.field_rules import FieldRules
from chassis.rules import Unauthorized

ALGORITHM = "Ed25519"
ISSUER = "playdesk-gateway"
LIFETIME = 90
USED_AGAIN = 30  # seconds in which a token serves for further requests of the same caller
_REMEMBERED = 2000


class TokenRefused(Unauthorized):
    """The token is missing, forged, expired or meant for another service."""

    code = "token_refused"
    zh = "令牌无效"
    en = "The token is not accepted"


@dataclass(frozen=True)
class _Seen:
    caller: Caller
    expires: float


class Verifier:
    """Checks tokens for one audience; a token that was found good is remembered until it expires."""

    def __init__(
        self, public_key: str, audience: str, refused: Callable[[Caller], bool] = lambda _caller: False
    ) -> None:
        self.refused = refused
        self.key = OKPKey.import_key(public_key)
        self.audience = audience
        self._seen: dict[str, _Seen] = {}
        self._lock = threading.Lock()

    def caller(self, authorization: str | None) -> Caller:
        """The caller named by an Authorization header. Raises TokenRefused."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            raise TokenRefused()
        seen = self._seen.get(token)
        if seen is None:
            seen = self._verify(token)
            self._remember(token, seen)
        if seen.expires < time() or self.refused(seen.caller):
            raise TokenRefused()
        return seen.caller

    def _verify(self, token: str) -> _Seen:
        try:
            claims = jwt.decode(token, self.key, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError, TypeError, KeyError, UnicodeError) as error:
            raise TokenRefused() from error
        expires = claims.get("exp")
        if claims.get("iss") != ISSUER or claims.get("aud") != self.audience or not isinstance(expires, int):
            raise TokenRefused()
        if expires > time() + 10 * LIFETIME or not isinstance(claims.get("sub"), str):
            raise TokenRefused()
        try:
            return _Seen(caller_of(claims), expires)
        except (AttributeError, TypeError, ValueError) as error:
            raise TokenRefused() from error

    def _remember(self, token: str, seen: _Seen) -> None:
        with self._lock:
            if len(self._seen) >= _REMEMBERED:
                now = time()
                self._seen = {t: s for t, s in self._seen.items() if s.expires > now}
                if len(self._seen) >= _REMEMBERED:
                    self._seen.clear()
            self._seen[token] = seen


def caller_of(claims: Mapping[str, Any]) -> Caller:
    """The caller that verified claims describe."""
    return Caller(
        id=claims["sub"],
        kind=claims.get("kind", "staff"),
        name=claims.get("name", ""),
        department_id=claims.get("dep"),
        permissions=frozenset(claims.get("perm", ())),
        scope=Scope.of(claims.get("scope") or {}),
        fields=FieldRules.of(claims.get("fields") or {}),
        references=claims.get("refs") or {},
        version=int(claims.get("ver", 0)),
    )


def claims_of(caller: Caller) -> dict[str, Any]:
    """What `caller_of` makes the same caller of, its references left out."""
    scope: dict[str, Any] = {"kind": caller.scope.kind}
    if caller.scope.kind == "departments":
        scope["ids"] = list(caller.scope.departments)
    rules = {"fields": caller.fields.form()} if caller.fields else {}
    return rules | {
        "sub": caller.id,
        "kind": caller.kind,
        "name": caller.name,
        "dep": caller.department_id,
        "perm": sorted(caller.permissions),
        "scope": scope,
        "ver": caller.version,
    }


class Minter:
    """Makes tokens; only the gateway has the private key."""

    def __init__(self, private_key: str) -> None:
        self.key = OKPKey.import_key(private_key)
        self._kept: dict[tuple[Caller, int, str], tuple[float, str]] = {}

    def usual_token(self, caller: Caller, audience: str) -> str:
        """A token without references that lives 60 s or more; the same one again, so that services know it already.

        Whoever's permissions or scope have changed is another caller here.
        """
        now, key = time(), (caller, caller.version, audience)
        since, token = self._kept.get(key, (0.0, ""))
        if not 0 <= now - since < USED_AGAIN:
            token = self.token(caller, audience)
            if len(self._kept) >= _REMEMBERED:
                self._kept = {}
            self._kept[key] = (now, token)
        return token

    def token(
        self, caller: Caller, audience: str, *, references: Mapping[str, list[dict[str, Any]]] | None = None
    ) -> str:
        """A token of 90 s for one service, with copies of what the request names."""
        now = int(time())
        about = {"iss": ISSUER, "aud": audience, "iat": now, "exp": now + LIFETIME}
        claims = about | claims_of(caller) | ({"refs": dict(references)} if references else {})
        return jwt.encode({"alg": ALGORITHM}, claims, self.key, algorithms=[ALGORITHM])


def caller() -> Caller:
    """The verified caller of the present request."""
    found: Caller | None = g.get("caller")
    if found is None:
        raise TokenRefused()
    return found
