"""/api/v1/<resource> → the owning service: decided here, forwarded with what counts, answered as it came."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response, request

from chassis.http import problems
from chassis.http.auth import caller
from chassis.http.uploads import allow_uploads
from chassis.rules import Malformed
from gateway.clients import directory
from gateway.clients.api import forwarder
from gateway.clients.forwarding import PREFIX
from gateway.clients.transport import Answer, ServiceDown

blueprint = Blueprint("proxy", __name__, url_prefix=PREFIX)
_FORWARDED = ("Content-Type", "If-Match", "Idempotency-Key", "Accept-Language")
METHODS = ["GET", "POST", "PATCH", "DELETE", "PUT"]


@blueprint.route("/<path:resource>", methods=METHODS)
def forward(resource: str) -> Response:
    """Forward one request; what no service serves is not found, and looks the same to everybody signed in."""
    who = caller()
    try:
        operation = directory.find(request.method, request.path)
    except LookupError as other:
        return problems.of_status(405, headers={"Allow": ", ".join(other.args[0])})
    if operation is None:
        return problems.of_status(404)
    who.must(operation.action)
    if operation.upload:
        allow_uploads()
    headers = {name: request.headers[name] for name in _FORWARDED if name in request.headers}
    try:
        return respond(forwarder().forward(who, operation, target(), body=request.get_data() or None, headers=headers))
    except ServiceDown as down:
        return unavailable(down.service)


def target() -> str:
    """Path and query as they came; the path was decoded, so what would end it early or lead elsewhere is put back."""
    query = request.query_string.decode("ascii", "replace")
    if any(ord(letter) < 33 for letter in request.path):
        raise Malformed()
    path = quote(request.path, safe="/-._~:@!$&'()*+,;=")
    return f"{path}?{query}" if query else path


def respond(answer: Answer) -> Response:
    """A service's answer as our own."""
    response = Response(answer.body, answer.status)
    response.headers.pop("Content-Type", None)
    response.headers.update(answer.headers)
    return response


def unavailable(service: str) -> Response:
    """503, naming the part that is missing."""
    zh = problems.language() == "zh"
    names = {"player": "玩家", "ticket": "工单", "sales": "销售", "catalog": "礼包"}
    title = f"{names[service]}服务暂不可用" if zh else f"The {service} service is unavailable"
    return problems.problem(
        503, "service_unavailable", title, members={"service": service}, headers={"Retry-After": "2"}
    )
