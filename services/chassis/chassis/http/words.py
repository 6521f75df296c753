"""What the error codes of fields mean, in Chinese and English; `{0}` is the parameter after the colon."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "required": ("必填", "Required"),
    "null": ("不能为空", "May not be null"),
    "unknown_field": ("没有这个字段", "Unknown field"),
    "unknown_parameter": ("没有这个参数", "Unknown parameter"),
    "invalid": ("格式不对", "Invalid"),
    "wrong_type": ("类型不对", "Wrong type"),
    "blank": ("不能为空白", "May not be blank"),
    "too_long": ("最多 {0} 个字", "At most {0} characters"),
    "too_short": ("至少 {0} 个字", "At least {0} characters"),
    "too_many": ("最多 {0} 项", "At most {0} items"),
    "too_few": ("至少 {0} 项", "At least {0} items"),
    "out_of_range": ("超出范围：{0}", "Out of range: {0}"),
    "not_a_choice": ("只能是：{0}", "Must be one of: {0}"),
    "not_an_id": ("不是有效的 ID", "Not an ID"),
    "not_a_binding": ("不是有效的事件类型，例如 ticket.*.v1", "Not a type of facts, such as ticket.*.v1"),
    "not_a_name": ("用小写字母、数字和连字符，3 到 40 个字符", "Lower-case letters, digits and hyphens, 3 to 40"),
    "not_a_time": ("不是有效的时间（RFC 3339，带时区）", "Not a time (RFC 3339, with its zone)"),
    "not_a_day": ("不是有效的日期，例如 2026-10-01", "Not a day, such as 2026-10-01"),
    "not_a_span": ("不是有效的时段，例如 09:00-12:00", "Not a span of time, such as 09:00-12:00"),
    "not_a_zone": ("不是有效的时区，例如 Asia/Shanghai", "Not a time zone, such as Asia/Shanghai"),
    "overlapping": ("时段要按先后写，不能重叠", "Spans are in order and do not overlap"),
    "never_open": ("一周里至少要有一个时段", "At least one span in the week"),
    "not_rising": ("后一级不能比前一级早", "A level is not earlier than the one before it"),
    "not_money": (
        '金额格式应为 {{"amount": "648.00", "currency": "CNY"}}',
        'Money is {{"amount": "648.00", "currency": "CNY"}}',
    ),
    "wrong_currency": ("币种只能是：{0}", "The currency must be {0}"),
    "not_a_phone": ("不是有效的手机号", "Not a phone number"),
    "not_text": ("含有不允许的字符", "Holds characters that are not allowed"),
    "duplicate": ("重复", "Duplicate"),
    "one_of": ("必须且只能填其中一个：{0}", "Exactly one of: {0}"),
    "at_least_one_of": ("至少填一个：{0}", "At least one of: {0}"),
    "not_together": ("不能同时填：{0}", "Not together: {0}"),
    "unknown_heading": ("没有这一列：{0}", "No such column: {0}"),
    "duplicate_player": ("已经有这位玩家", "This player is there already"),
    "duplicate_in_file": ("与第 {0} 行重复", "The same as row {0}"),
    "unknown_staff": ("没有这位在职客服：{0}", "Nobody in service has this number: {0}"),
    "not_permitted": ("没有权限", "Not permitted"),
    "field_read_only": ("你的角色不能改这个字段", "Your role may not set this field"),
    "needed_with": ("{0} 时必填", "Required with {0}"),
}


def say(code: str, language: str) -> str:
    """The words for a code such as `too_long:200`; a code without words is shown as it is."""
    name, _, parameter = code.partition(":")
    if name not in WORDS:
        return code
    return WORDS[name][0 if language == "zh" else 1].format(parameter)


TITLES: dict[int, tuple[str, str, str]] = {
    400: ("malformed", "请求格式有误", "The request cannot be read"),
    401: ("unauthorized", "请先登录", "Please sign in"),
    403: ("forbidden", "没有权限", "Not permitted"),
    404: ("not_found", "没有找到", "Not found"),
    405: ("method_not_allowed", "不支持这种操作", "Method not allowed"),
    406: ("not_acceptable", "无法按要求的格式回答", "Not acceptable"),
    409: ("conflict", "与现状冲突", "Conflict"),
    413: ("too_large", "内容过大", "The body is too large"),
    414: ("uri_too_long", "地址过长", "The address is too long"),
    415: ("unsupported_media_type", "需要 application/json", "application/json is needed"),
    422: ("wrong_fields", "有字段填写有误", "Some fields are wrong"),
    429: ("too_many_requests", "请求过多，请稍后再试", "Too many requests, please wait"),
    431: ("headers_too_large", "请求头过大", "The headers are too large"),
    500: ("internal_error", "内部错误", "Internal error"),
    503: ("unavailable", "服务暂不可用，请稍后再试", "Temporarily unavailable, please try again"),
}
