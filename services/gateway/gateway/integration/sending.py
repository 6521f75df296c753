"""One call of a webhook: signed as Standard Webhooks has it, to the address that was judged, without redirects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import urllib3
from standardwebhooks.webhooks import Webhook

from chassis.data.masking import mask_text
from gateway.integration.addresses import Target

CONNECT, WHOLE = 5.0, 15.0  # seconds
KEPT = 2000  # characters of an answer
CONTENT_TYPE = "application/cloudevents+json"
GONE = 410  # the target wants nothing more, ever


@dataclass(frozen=True)
class Outcome:
    """What came of a call: the status, or why there was none; `ms` it took; the answer's beginning, masked."""

    ok: bool
    status: int | None
    error: str
    ms: int
    answer: str

    def shown(self) -> dict[str, Any]:
        """As it is kept with the delivery."""
        return {"ok": self.ok, "status": self.status, "error": self.error, "ms": self.ms, "answer": self.answer}


def headers_of(message_id: str, body: str, secrets: Sequence[str], at: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks: one signature for each secret, the newest first."""
    signatures = [Webhook(secret).sign(message_id, at, body) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
        "content-type": CONTENT_TYPE,
        "user-agent": "Playdesk",
    }


def send(target: Target, message_id: str, body: str, secrets: Sequence[str]) -> Outcome:
    """POST once. 2xx is a success; a redirect is not followed, and is a failure like everything else."""
    started = monotonic()
    headers = headers_of(message_id, body, secrets, datetime.now(UTC)) | {"host": target.authority}
    status, answer, error = None, "", ""
    try:
        with _pool(target) as pool:
            timeout = urllib3.Timeout(connect=CONNECT, read=WHOLE, total=WHOLE)
            response = pool.urlopen(
                "POST",
                target.path,
                body=body.encode(),
                headers=headers,
                timeout=timeout,
                redirect=False,
                retries=False,
                preload_content=False,
                assert_same_host=False,
            )
            status = response.status
            answer = _beginning(response, started + WHOLE)
            response.close()
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as failure:
        error = _words(failure)
    ok = status is not None and 200 <= status < 300
    return Outcome(ok, status, error, int(1000 * (monotonic() - started)), mask_text(answer))


def _pool(target: Target) -> urllib3.HTTPConnectionPool:
    """A connection to the very address; the certificate must be the name's."""
    if target.scheme == "http":
        return urllib3.HTTPConnectionPool(target.address, target.port, maxsize=1)
    return urllib3.HTTPSConnectionPool(
        target.address,
        target.port,
        maxsize=1,
        cert_reqs="CERT_REQUIRED",
        assert_hostname=target.host,
        server_hostname=target.host,
    )


def _beginning(response: urllib3.BaseHTTPResponse, ends: float) -> str:
    """The first part of an answer; one that never ends is not waited for."""
    found = b""
    try:
        for part in response.stream(512, decode_content=False):
            found += part
            if len(found) >= KEPT or monotonic() > ends:
                break
    except (urllib3.exceptions.HTTPError, OSError):
        pass
    return found[:KEPT].decode("utf-8", "replace").replace("\x00", "")


def _words(failure: Exception) -> str:
    """What went wrong, without addresses or anything else that was sent."""
    name = type(failure).__name__
    return {
        "ConnectTimeoutError": "no connection in time",
        "ReadTimeoutError": "no answer in time",
        "NewConnectionError": "no connection",
        "SSLError": "the certificate is not accepted",
        "ProtocolError": "the connection broke",
    }.get(name, name)
