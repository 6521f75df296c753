"""How a request to the game server is signed, and how the stand-in checks it."""

from __future__ import annotations

import hashlib
import hmac
import time

TIMESTAMP, SIGNATURE = "X-Playdesk-Timestamp", "X-Playdesk-Signature"
MAX_AGE_SECONDS = 300


def sign(secret: str, timestamp: str, method: str, path_with_query: str, body: bytes = b"") -> str:
    """HMAC-SHA256, in hexadecimal, over timestamp, method, path with query and the raw body, joined by newlines."""
    message = b"\n".join([timestamp.encode(), method.upper().encode(), path_with_query.encode(), body])
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def headers(secret: str, method: str, path_with_query: str, body: bytes = b"") -> dict[str, str]:
    """The two headers of a request made now."""
    timestamp = str(int(time.time()))
    return {TIMESTAMP: timestamp, SIGNATURE: sign(secret, timestamp, method, path_with_query, body)}


def refusal(
    secret: str, timestamp: str | None, signature: str | None, method: str, path_with_query: str, body: bytes
) -> str | None:
    """Why a request gets no answer: `signature_missing`, `too_old`, `signature_wrong`; None when it is good."""
    if not timestamp or not signature:
        return "signature_missing"
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > MAX_AGE_SECONDS:
        return "too_old"
    expected = sign(secret, timestamp, method, path_with_query, body)
    return None if hmac.compare_digest(expected, signature.lower()) else "signature_wrong"
