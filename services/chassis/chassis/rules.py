"""The errors a rule can raise, each with a stable code and its words in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class Refusal(Exception):
    """A request that is answered with a problem document; `code` is stable, `zh` and `en` are shown to people.

    The texts may name the keyword arguments as `{name}`. `members` are added to the problem document as they are.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"
    zh: ClassVar[str] = "请求有误"
    en: ClassVar[str] = "Bad request"
    zh_detail: ClassVar[str] = ""
    en_detail: ClassVar[str] = ""

    def __init__(self, *, members: Mapping[str, Any] | None = None, **words: Any) -> None:
        self.words = words
        self.members = dict(members or {})
        super().__init__(self.detail("en") or self.en)

    def title(self, language: str) -> str:
        """The short sentence in `language` ("zh" or "en")."""
        return (self.zh if language == "zh" else self.en).format(**self.words)

    def detail(self, language: str) -> str:
        """The longer sentence in `language`, empty where the title says it all."""
        return (self.zh_detail if language == "zh" else self.en_detail).format(**self.words)


class RuleBroken(Refusal):
    """A rule of the domain says no (409)."""

    status = 409
    code = "rule_broken"
    zh = "规则不允许"
    en = "A rule does not allow this"


class NotFound(Refusal):
    """There is no such record, or it lies outside the caller's scope: the answer is the same (404)."""

    status = 404
    code = "not_found"
    zh = "没有找到"
    en = "Not found"


class Forbidden(Refusal):
    """The caller is known but may not do this (403)."""

    status = 403
    code = "forbidden"
    zh = "没有权限"
    en = "Not permitted"


class Unauthorized(Refusal):
    """It is not known who calls (401)."""

    status = 401
    code = "unauthorized"
    zh = "请先登录"
    en = "Please sign in"


class Malformed(Refusal):
    """The request cannot be read at all (400)."""

    code = "malformed"
    zh = "请求格式有误"
    en = "The request cannot be read"


class WrongFields(Refusal):
    """Some fields are wrong (422, or 400 in a query); `errors` is a list of (pointer, code, params)."""

    status = 422
    code = "wrong_fields"
    zh = "有字段填写有误"
    en = "Some fields are wrong"

    def __init__(self, errors: list[tuple[str, str]], *, status: int = 422) -> None:
        super().__init__()
        self.errors = errors
        self.http_status = status


class PreconditionRequired(Refusal):
    """A change needs the version it was made from, in If-Match (428)."""

    status = 428
    code = "if_match_required"
    zh = "需要 If-Match"
    en = "If-Match is required"


class Stale(Refusal):
    """The record has changed since it was read (412); member `current` holds its present state."""

    status = 412
    code = "stale"
    zh = "记录已被他人修改"
    en = "The record has changed meanwhile"


class Busy(Refusal):
    """The same key is being worked on right now (409)."""

    status = 409
    code = "request_in_progress"
    zh = "同一请求正在处理"
    en = "The same request is still running"


class KeyReused(Refusal):
    """An Idempotency-Key came back with another body (422)."""

    status = 422
    code = "idempotency_key_reused"
    zh = "同一个 Idempotency-Key 换了内容"
    en = "The Idempotency-Key was used with another body"


class KeyRequired(Refusal):
    """Money moves only under an Idempotency-Key (428)."""

    status = 428
    code = "idempotency_key_required"
    zh = "需要 Idempotency-Key"
    en = "Idempotency-Key is required"


class Unavailable(Refusal):
    """Something we need is not there just now (503); try again after a moment."""

    status = 503
    code = "unavailable"
    zh = "服务暂不可用，请稍后再试"
    en = "Temporarily unavailable, please try again"
