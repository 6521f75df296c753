"""The words of options: what the company calls the codes of its lists, in which order, and which of them are offered."""

from dataclasses import dataclass

from flask import current_app, g
from flask_babel import get_locale
from flask_babel import lazy_gettext as _
from sqlalchemy import select

from chassis.callers import service_itself
from gateway.options.option import Option

# What a page calls the codes of a list.
LISTS = {
    "category": "ticket_category",
    "channel": "channel",
    "lost_reason": "lost_reason",
    "method": "payment_method",
    "source": "player_source",
    "stage": "opportunity_stage",
}
OPTION_LABELS = {
    "option_list": {
        "ticket_category": _("工单类型"),
        "lost_reason": _("未成功原因"),
        "channel": _("接触方式"),
        "payment_method": _("付款方式"),
        "player_source": _("玩家来源"),
        "opportunity_stage": _("商机阶段"),
    },
}


@dataclass(frozen=True)
class Offer:
    """One code of a list, its word, and whether forms offer it."""

    code: str
    word: str
    active: bool


def option_word(kind: str, code: str) -> str | None:
    """The word of a code in the reader's language; None where the list has no such code."""
    return next((one.word for one in _offers(kind) if one.code == code), None)


def offered(kind: str, keep: str | None, retired: bool) -> list[tuple[str, str]]:
    """(code, word) in the list's order: what is offered, and what a record has that is offered no more."""
    return [(one.code, one.word) for one in _offers(kind) if one.active or retired or one.code == keep]


def _offers(kind: str) -> list[Offer]:
    """All lists are read at once, by the first word of a page."""
    if "offers" not in g:
        word = Option.en if str(get_locale() or "zh").startswith("en") else Option.zh
        query = select(Option.list, Option.code, word, Option.active).order_by(Option.position, Option.id)
        found: dict[str, list[Offer]] = {}
        with (work := current_app.extensions["playdesk"].reading(service_itself("gateway"))).session:
            for name, code, said, active in work.session.execute(query):
                found.setdefault(name, []).append(Offer(code, said, active))
        g.offers = found
    offers: dict[str, list[Offer]] = g.offers
    return offers.get(LISTS[kind], [])
