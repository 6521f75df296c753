"""What templates call to show a value: money, discount, phone, match, avatar; and the words of labels and clock."""

import re
import uuid
import zlib
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from flask import Flask
from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup, escape

from gateway.pages import clock, labels, role_labels

SIGNS = {"CNY": "¥", "USD": "$", "EUR": "€", "JPY": "JP¥"}
MAINLAND = re.compile(r"^\+86(1\d{2})(\d{4}|\*{4})(\d{4})$")


def money(value: dict | str | Decimal | None) -> str:
    """¥12,960 or ¥12,960.50; an API money object or a bare amount in yuan."""
    if value is None or value == "":
        return ""
    amount, currency = (value["amount"], value.get("currency", "CNY")) if isinstance(value, dict) else (value, "CNY")
    number = Decimal(amount)
    digits = f"{abs(number):,.2f}".removesuffix(".00")
    return f"{'−' if number < 0 else ''}{SIGNS.get(currency, currency + ' ')}{digits}"


def amount(value: dict | str | None) -> str:
    """The bare figure for an input field: 648 or 648.50."""
    if not value:
        return ""
    raw = value["amount"] if isinstance(value, dict) else value
    return f"{Decimal(raw):.2f}".removesuffix(".00")


def discount(fraction: str | Decimal | None) -> str:
    """A fraction off: 0.15 is 8.5 折 in Chinese, 15% off in English."""
    if fraction is None or fraction == "":
        return ""
    off = Decimal(fraction)
    if not off:
        return _("原价")
    in_chinese = str(get_locale() or "zh").startswith("zh")
    return _("%(n)s 折", n=_plain((1 - off) * 10 if in_chinese else off * 100))


def percent(fraction: str | Decimal | None) -> str:
    """0.40 is 40%."""
    return f"{_plain(Decimal(fraction) * 100)}%" if fraction else ""


def discount_input(fraction: str | Decimal | None) -> str:
    """The bare figure of a discount for its field: 8.5 (折), or 15 (% off) in English."""
    if fraction in (None, ""):
        return ""
    off = Decimal(fraction)
    return _plain((1 - off) * 10 if str(get_locale() or "zh").startswith("zh") else off * 100)


def percent_input(fraction: str | Decimal | None) -> str:
    """0.40 is 40, for a field in percent."""
    return percent(fraction).removesuffix("%")


def zip_with(first: Iterable, second: Iterable) -> list[tuple]:
    """Pairs of two lists, for choices."""
    return list(zip(first, second, strict=True))


def _plain(number: Decimal) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def phone(value: str | None) -> str:
    """A mainland number without its prefix, in the usual groups; anything else as it is."""
    match = MAINLAND.match(value or "")
    if not match:
        return value or ""
    return "".join(match.groups()) if "*" in match.group(2) else " ".join(match.groups())


def mark(text: str | None, query: str | None) -> Markup:
    """The text with the first place that matches the query marked; both escaped."""
    text, query = text or "", (query or "").strip()
    at = text.casefold().find(query.casefold()) if query else -1
    if at < 0:
        return escape(text)
    end = at + len(query)
    return Markup("{}<mark>{}</mark>{}").format(text[:at], text[at:end], text[end:])


def hue(value: str | None) -> int:
    """One of five avatar grounds, always the same for the same ID."""
    return zlib.crc32((value or "").encode()) % 5 + 1


def initial(name: str | None) -> str:
    """The sign that stands for a person: the last Han character that tells them apart, or the first letter."""
    han = re.findall(r"[\u4e00-\u9fff]", name or "")
    return han[-1] if han else (name or "?")[:1].upper()


def called(player: dict | None) -> str:
    """What a player is called on screen: nickname, else WeChat name, else WeChat ID."""
    player = player or {}
    return player.get("nickname") or player.get("wechat_name") or player.get("wechat_id") or "—"


def headline(text: str | None, limit: int = 60) -> str:
    """The first line of a question, as its title."""
    first = (text or "").strip().split("\n", 1)[0]
    return first if len(first) <= limit else first[: limit - 1] + "…"


def without_headline(text: str | None) -> str:
    """A question below its title: the title's line is not said twice."""
    first, _line, rest = (text or "").strip().partition("\n")
    return rest.strip() if rest.strip() and headline(text) == first else (text or "").strip()


def tail(number: str | None) -> str:
    """The part of a readable number one speaks: 0147 of T20261120-0147."""
    return (number or "").rsplit("-", 1)[-1]


def as_decimal(text: str | None) -> Decimal | None:
    """What was typed as a number; None when it is not one."""
    try:
        return Decimal((text or "").replace(",", "").replace("¥", "").strip())
    except InvalidOperation:
        return None


def whose(record: dict) -> str:
    """The player a record is shown with: the one it was written for, or who stands for them since they were merged."""
    return (record.get("player") or {}).get("merged_into_id") or record["player_id"]


def register(app: Flask) -> None:
    """Make every filter known to the templates."""
    own = (
        whose,
        money,
        amount,
        discount,
        percent,
        phone,
        mark,
        hue,
        initial,
        called,
        headline,
        without_headline,
        tail,
        discount_input,
        percent_input,
        zip_with,
    )
    times = (
        clock.when,
        clock.day,
        clock.is_past,
        clock.full,
        clock.ago,
        clock.age,
        clock.took,
        clock.deadline,
        clock.to_input,
        clock.working,
    )
    for function in (*own, *times, labels.label, role_labels.role_word):
        app.jinja_env.filters[function.__name__] = function
    app.jinja_env.globals.update(
        options=labels.options,
        role_options=role_labels.role_options,
        problem_text=labels.problem_text,
        now=clock.now,
        new_key=lambda: uuid.uuid4().hex,
    )
