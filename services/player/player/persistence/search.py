"""Search made for Chinese: what was typed decides which indexes are asked, each for so many players (P7)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, case, false, func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from chassis.callers import Caller
from chassis.data.masking import mask_phone
from chassis.data.phones import NotAPhone, Phones, e164
from chassis.data.search import escaped_like, folded, guess, initials, query_grams
from chassis.field_rules import FieldRules
from player.domain.game import GameSnapshot
from player.domain.names import BETWEEN, handle_key, initials_term
from player.domain.player import Player
from player.domain.search_key import GAME_UID, SearchKey

AT_MOST = 100  # players found by one index: who gets more types on
TAILS_AT_MOST = 2000  # of the same last four digits, opened to compare longer ones
_LONGEST_TAIL = 10
_MASK_SHOWS = 4  # the last digits of a masked number
_IS_INITIALS = re.compile("[0-9]*[a-z][a-z0-9]*")
_AFTER_ALL = "\U0010ffff"

Row = aliased(Player, name="held")  # a row that holds a number or an ID, though it may be a merged player's
Conditions = list[ColumnElement[bool]]


@dataclass(frozen=True)
class Looked:
    """What was typed, as each index needs it; `kind` is that of chassis.data.search.guess; and what may be found by.

    What is hidden finds nobody, and what is masked only whole: else one could spell it out letter by letter.
    """

    kind: str
    handle: str
    plain: str
    digits: str
    phone: str | None
    rules: FieldRules

    def partly(self, field: str) -> bool:
        """Whether a part of this field of a player finds them."""
        return self.rules.shows_whole(f"player.{field}", listed=True)

    def shows(self, match: Mapping[str, Any]) -> bool:
        """Whether a match may be named: a number is masked anyway, and of what is hidden or masked nothing is said."""
        field = match["field"].removeprefix("former_").removesuffix("_initials")
        return field == "phone" or self.partly("game" if field.startswith("game_") else field)

    @property
    def by_every_name(self) -> bool:
        """Whether all that is in the index of names may be searched."""
        return all(self.partly(field) for field in ("nickname", "wechat_name", "game"))


def look_at(query: str, who: Caller) -> Looked:
    """Make up one's mind about a query.

    A part of a number longer than the four digits that its mask shows finds nobody for whoever sees it masked: else the rest
    would be spelt out, ten tries for each digit.
    """
    text, rules = unicodedata.normalize("NFKC", query).strip(), who.fields
    digits = re.sub(r"[\s-]", "", text)
    sees = rules.may_see("player.phone")
    phone = _phone(text) if sees else None
    digits = digits.lstrip("+") if sees and re.fullmatch(r"\+?\d{4,15}", digits, re.ASCII) else ""
    if phone is None and len(digits) > _MASK_SHOWS and not who.reads_numbers:
        digits = ""
    return Looked(guess(text), handle_key(text), folded(text), digits, phone, rules)


def number_asked(query: Mapping[str, Any], who: Caller) -> str | None:
    """The whole phone number that a list is filtered or searched by, E.164."""
    found: str | None = query.get("phone") or (look_at(query["q"], who).phone if query.get("q") else None)
    return found


def _phone(text: str) -> str | None:
    try:
        return e164(text)
    except NotAPhone:
        return None


def candidates(session: Session, looked: Looked, conditions: Conditions, phones: Phones) -> CompoundSelect | None:
    """The IDs of players who may be meant and satisfy the conditions: a union of indexed lookups, each with a limit.

    None where nothing can be meant. An OR over several tables would have all of them read.
    """
    players = select(Player.id).where(*conditions)
    arms = [arm.limit(AT_MOST).subquery() for arm in _arms(players, looked, phones, session)]
    return union_all(*(select(arm.c.id) for arm in arms)) if arms else None


def _arms(players: Select, looked: Looked, phones: Phones, session: Session) -> Iterator[Select]:
    if looked.phone:
        yield players.where(Player.id.in_(whose(Row.phone_index.in_(phones.indexes(looked.phone)))))
    elif 4 <= len(looked.digits) <= _LONGEST_TAIL:
        yield from _tailed(players, looked.digits, phones, session)
    if looked.plain:
        yield players.where(_named(looked) if looked.by_every_name else _visibly_named(looked))
    if looked.kind != "name" and looked.handle:
        yield from _handled(players, looked)


def _handled(players: Select, looked: Looked) -> Iterator[Select]:
    """Players by WeChat ID, now or formerly, or by UID, as far as one has typed."""
    keyed = players.join(SearchKey, SearchKey.player_id == Player.id).where(*_begins(SearchKey.key, looked.handle))
    if looked.partly("wechat_id"):
        yield players.where(*_begins(Player.wechat_key, looked.handle))
        yield keyed if looked.partly("game") else keyed.where(SearchKey.kind != GAME_UID)
        return
    if looked.rules.may_see("player.wechat_id"):
        yield players.where(Player.wechat_key == looked.handle)
    if looked.partly("game"):
        yield keyed.where(SearchKey.kind == GAME_UID)


def whose(condition: ColumnElement[bool]) -> Select[tuple[str]]:
    """The IDs of those to whom rows lead that satisfy a condition on `Row`: of who was merged, the survivor's."""
    return select(func.coalesce(Row.merged_into_id, Row.id)).where(condition)


_TERM = Player.terms.type.item_type  # type: ignore[attr-defined]


def _begins(column: InstrumentedAttribute[Any], text: str) -> Conditions:
    """A prefix as a range of text_pattern_ops: unlike LIKE with a parameter, any plan finds the index by it."""
    return [column.op("~>=~")(text), column.op("~<~")(text + _AFTER_ALL)]


def _named(looked: Looked) -> ColumnElement[bool]:
    """A name contains the text, by its 2-grams (longer ones are looked at once more), or has it as its initials."""
    plain = looked.plain
    contains = _contains(plain)
    if not _IS_INITIALS.fullmatch(plain):
        return contains
    return contains | Player.terms.contains(array([initials_term(plain)], type_=_TERM))


def _visibly_named(looked: Looked) -> ColumnElement[bool]:
    """The same where the index holds names that may not be searched: found by it, then looked at one by one."""
    text = f"%{escaped_like(looked.plain)}%"
    seen: Conditions = []
    for field, column in (("nickname", Player.nickname), ("wechat_name", Player.wechat_name)):
        if looked.partly(field):
            seen += [column.ilike(text), Player.former[f"{field}s"].astext.ilike(text)]
    if looked.partly("game"):
        seen.append(Player.game.has(GameSnapshot.nickname.ilike(text)))
    return and_(_contains(looked.plain), or_(false(), *seen))


def _contains(plain: str) -> ColumnElement[bool]:
    contains = Player.terms.contains(array(query_grams(plain), type_=_TERM))
    if len(plain) > 2:
        contains = contains & Player.names.like(f"%{escaped_like(plain)}%")
    return contains


def _tailed(players: Select, digits: str, phones: Phones, session: Session) -> Iterator[Select]:
    """Players whose number ends with the digits: the last four by their index, further ones by opening those found.

    The numbers of merged players have an index of their own, which is small: both are asked one by one.
    """
    tails = phones.tail_indexes(digits)
    tailed = players.where(Player.phone_tail_index.in_(tails))
    merged = Row.phone_tail_index.in_(tails) & Row.merged_into_id.is_not(None)
    if len(digits) == 4:
        yield tailed
        yield players.where(Player.id.in_(select(Row.merged_into_id).where(merged)))
        return
    held = select(Row.merged_into_id, Row.phone_sealed, Row.id).where(merged)
    own = tailed.add_columns(Player.phone_sealed, Player.id)
    rows = [row for query in (own, held) for row in session.execute(query.limit(TAILS_AT_MOST))]
    ids = [found for found, sealed, owner in rows if phones.open(sealed, owner).endswith(digits)]
    yield players.where(Player.id.in_(ids))


def relevance(looked: Looked, phones: Phones) -> ColumnElement[int]:
    """2 where an ID, a number or a whole name is the query, 1 where it begins with it, else 0."""
    exact: Conditions = []
    begun: Conditions = []
    if looked.kind != "name" and looked.rules.may_see("player.wechat_id"):
        exact.append(Player.wechat_key == looked.handle)
    if looked.kind != "name" and looked.partly("wechat_id"):
        begun.append(Player.wechat_key.startswith(looked.handle, autoescape=True))
    if looked.phone:
        exact.append(Player.id.in_(whose(Row.phone_index.in_(phones.indexes(looked.phone)))))
    if looked.plain and looked.by_every_name:
        exact.append(Player.names.contains(f"{BETWEEN}{looked.plain}{BETWEEN}", autoescape=True))
        begun.append(Player.names.contains(f"{BETWEEN}{looked.plain}", autoescape=True))
    return case((func.coalesce(or_(*exact), False), 2), (func.coalesce(or_(*begun), False), 1), else_=literal(0))


def match_of(player: Player, looked: Looked, phones: Phones) -> dict[str, Any] | None:
    """Why a player was found: {"field", "value"}; of a phone number the value is masked."""
    return next(filter(looked.shows, _matches(player, looked, phones)), None)


def _matches(player: Player, looked: Looked, phones: Phones) -> Iterator[dict[str, Any]]:
    number = player.phone(phones) if looked.digits else None
    if number and (number == looked.phone or number.endswith(looked.digits)):
        yield {"field": "phone", "value": mask_phone(number)}
    if player.wechat_id and looked.handle and handle_key(player.wechat_id).startswith(looked.handle):
        yield {"field": "wechat_id", "value": player.wechat_id}
    for field, value in _names(player):
        if value and looked.plain and looked.plain in folded(value):
            yield {"field": field, "value": value}
    own = [player.game.uid] if player.game is not None and player.game.uid else []
    for value in [*own, *player.also_known.get("game_uids", ())]:
        if value.startswith(looked.handle):
            yield {"field": "game_uid", "value": value}
    for value in [*player.former["wechat_ids"], *player.also_known.get("wechat_ids", ())]:
        if looked.handle and handle_key(value).startswith(looked.handle):
            yield {"field": "former_wechat_id", "value": value}
    for field, value in _names(player) if _IS_INITIALS.fullmatch(looked.plain) else ():
        if value and any(word.startswith(looked.plain) for word in initials(value)):
            yield {"field": f"{field}_initials", "value": value}
    if looked.phone:  # the number of somebody who was merged into this player
        yield {"field": "phone", "value": mask_phone(looked.phone)}


def _names(player: Player) -> Iterable[tuple[str, str | None]]:
    yield "nickname", player.nickname
    yield "wechat_name", player.wechat_name
    yield "game_nickname", player.game.nickname if player.game is not None else None
    for value in player.former["nicknames"]:
        yield "former_nickname", value
    for value in player.former["wechat_names"]:
        yield "former_wechat_name", value
    for value in player.also_known.get("names", ()):
        yield "former_nickname", value
