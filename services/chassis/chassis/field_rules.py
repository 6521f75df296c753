"""Rules for single fields: what a role does not see, may not set, or sees masked; the one table of the fields they are for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chassis.data.masking import mask_name, mask_phone
from chassis.rules import Forbidden

EDIT, READ, HIDDEN = "edit", "read", "hidden"
ACCESS = (EDIT, READ, HIDDEN)
NONE, LISTS, EVERYWHERE = "none", "lists", "everywhere"
MASKS = (NONE, LISTS, EVERYWHERE)


class FieldReadOnly(Forbidden):
    """The caller's role may not set these fields."""

    code = "field_read_only"
    zh = "你的角色不能改这些字段：{names}"
    en = "Your role may not set these fields: {names}"


class FieldHidden(Forbidden):
    """The caller's role does not see these fields, so it cannot find or sort by them either."""

    code = "field_hidden"
    zh = "你的角色看不到这些字段：{names}"
    en = "Your role does not see these fields: {names}"


def _no_game(value: Any) -> Any:
    """Game data nobody fetched: in an answer an object, in a fact nothing."""
    return {**dict.fromkeys(value), "state": "unknown", "roles": []} if value and "state" in value else None


@dataclass(frozen=True)
class Governed:
    """A field that rules can be made for.

    `blank` is what stands there instead, or makes it; `beside` are other places in the same JSON that tell the same,
    one dot for one level down; `masked` makes the text that others see. A field that is filled in elsewhere cannot be
    set, and one that its record makes no sense without cannot be hidden.
    """

    blank: Any = None
    beside: tuple[str, ...] = ()
    masked: Callable[[str | None], str | None] | None = None
    hides: bool = True
    sets: bool = True

    @property
    def choices(self) -> tuple[str, ...]:
        """The accesses a rule can give; what cannot be set anyway is open without that."""
        return (EDIT, *((READ,) if self.sets else ()), *((HIDDEN,) if self.hides else ()))


FIELDS: dict[str, Governed] = {
    "player.phone": Governed(masked=mask_phone),
    "player.wechat_id": Governed(
        masked=mask_name, beside=("former.wechat_ids", "former_wechat_ids", "also_known.wechat_ids")
    ),
    "player.wechat_name": Governed(masked=mask_name, beside=("former.wechat_names", "also_known.names")),
    "player.nickname": Governed(masked=mask_name, beside=("former.nicknames", "also_known.names")),
    "player.source": Governed(""),
    "player.note": Governed(""),
    "player.tags": Governed([]),
    "player.custom": Governed({}),
    "player.game": Governed(_no_game, beside=("also_known.names", "also_known.game_uids"), sets=False),
    "player.member": Governed(sets=False),
    "ticket.category": Governed(hides=False),
    "ticket.priority": Governed(hides=False),
    "ticket.solution": Governed(hides=False),
    "touch.note": Governed(""),
    "lead.phone": Governed(masked=mask_phone),
    "lead.wechat_id": Governed(masked=mask_name),
    "lead.note": Governed(""),
    "order.price": Governed(hides=False),
    "item.note": Governed(""),
    "pack.note": Governed(""),
}


def _by_kind() -> dict[str, dict[str, str]]:
    """{kind of record: {name: field}}: {"player": {"note": "player.note", …}, …}."""
    found: dict[str, dict[str, str]] = {}
    for field in FIELDS:
        kind, _, name = field.partition(".")
        found.setdefault(kind, {})[name] = field
    return found


_OF_KIND = _by_kind()


def _known(fields: Iterable[str]) -> frozenset[str]:
    return frozenset(field for field in fields if field in FIELDS)


@dataclass(frozen=True)
class FieldRules:
    """The fields a role does not see, may not set, and sees masked, always or only where it is one record of many."""

    hidden: frozenset[str] = frozenset()
    read_only: frozenset[str] = frozenset()
    masked: frozenset[str] = frozenset()
    masked_in_lists: frozenset[str] = frozenset()

    @classmethod
    def of(cls, rules: Mapping[str, Mapping[str, str]]) -> FieldRules:
        """Of a role's form: {"player.note": {"access": "hidden"}, "player.wechat_id": {"mask": "lists"}}."""
        with_access = {access: [f for f, rule in rules.items() if rule.get("access") == access] for access in ACCESS}
        with_mask = {mask: [f for f, rule in rules.items() if rule.get("mask") == mask] for mask in MASKS}
        return cls(
            _known(with_access[HIDDEN]), _known(with_access[READ]), _known(with_mask[EVERYWHERE]), _known(with_mask[LISTS])
        )  # fmt: skip

    def form(self) -> dict[str, dict[str, str]]:
        """What `of` makes the same rules of; empty where everything is open."""
        found: dict[str, dict[str, str]] = {}
        for name, fields, value in (
            ("access", self.hidden, HIDDEN), ("access", self.read_only, READ),
            ("mask", self.masked, EVERYWHERE), ("mask", self.masked_in_lists, LISTS),
        ):  # fmt: skip
            for field in sorted(fields):
                found.setdefault(field, {})[name] = value
        return found

    def __bool__(self) -> bool:
        return bool(self.hidden or self.read_only or self.masked or self.masked_in_lists)

    def may_see(self, field: str) -> bool:
        """Whether the field is shown at all."""
        return field not in self.hidden

    def may_set(self, field: str) -> bool:
        """Whether the field may be written."""
        return field not in self.hidden and field not in self.read_only

    def masks(self, field: str, *, listed: bool) -> bool:
        """Whether the field is masked: where its record is `listed`, one of many or part of another, or by itself."""
        return field in self.masked or (listed and field in self.masked_in_lists)

    def shows_whole(self, field: str, *, listed: bool) -> bool:
        """Whether the field is shown as it is."""
        return self.may_see(field) and not self.masks(field, listed=listed)

    def as_strict_as(self, other: FieldRules) -> bool:
        """Whether whoever has these rules sees and sets nothing that `other` forbids."""
        unseen = self.hidden | self.masked
        return (
            self.hidden >= other.hidden
            and self.hidden | self.read_only >= other.read_only
            and unseen >= other.masked
            and unseen | self.masked_in_lists >= other.masked_in_lists
        )

    def must_see(self, fields: Iterable[str]) -> None:
        """Raise FieldHidden unless every one of them is shown."""
        _none_of((field for field in fields if not self.may_see(field)), FieldHidden)

    def must_set(self, fields: Iterable[str]) -> None:
        """Raise FieldReadOnly unless every one of them may be written."""
        _none_of((field for field in fields if not self.may_set(field)), FieldReadOnly)


OPEN = FieldRules()


def _none_of(refused: Iterable[str], refusal: type[Forbidden]) -> None:
    names = sorted(set(refused))
    if names:
        raise refusal(members={"fields": names}, names=", ".join(names))


def veiled(kind: str, record: Mapping[str, Any], rules: FieldRules, *, listed: bool) -> dict[str, Any]:
    """A record's JSON as these rules show it; the one way by which such a field leaves.

    `kind` is what stands before the dot in `FIELDS`; records of other kinds come back as they are.
    """
    shown = dict(record)
    if not rules:
        return shown
    for name, field in _OF_KIND.get(kind, {}).items():
        if not rules.may_see(field):
            _blank(shown, name, FIELDS[field])
        elif rules.masks(field, listed=listed):
            _mask(shown, name, FIELDS[field])
        else:
            continue
        if f"{name}_visible" in shown:
            shown[f"{name}_visible"] = False
    return shown


def veiled_fact(fact: Mapping[str, Any], rules: FieldRules) -> dict[str, Any]:
    """A CloudEvent of ours (or of other systems) as these rules show it; its type says what its data are of."""
    data, key = fact.get("data"), str(fact.get("type", "")).removeprefix("playdesk.")
    if not isinstance(data, Mapping):
        return dict(fact)
    return {**fact, "data": veiled(key.partition(".")[0], data, rules, listed=True)}


def _blank(shown: dict[str, Any], name: str, field: Governed) -> None:
    if name in shown:
        shown[name] = field.blank(shown[name]) if callable(field.blank) else field.blank
    _beside(shown, field, lambda _value: None)


def _mask(shown: dict[str, Any], name: str, field: Governed) -> None:
    assert field.masked is not None, f"{name} has no mask"
    if name in shown:
        shown[name] = field.masked(shown[name])
    _beside(shown, field, field.masked)


def _beside(shown: dict[str, Any], field: Governed, change: Callable[[str | None], str | None]) -> None:
    """Change every text of the lists that tell the same; what becomes None is left out."""
    for place in field.beside:
        outer, _, inner = place.partition(".")
        if not inner and outer in shown:
            shown[outer] = [text for value in shown[outer] if (text := change(value)) is not None]
        elif inner and isinstance(shown.get(outer), Mapping) and inner in shown[outer]:
            kept = [text for value in shown[outer][inner] if (text := change(value)) is not None]
            shown[outer] = {**shown[outer], inner: kept}
