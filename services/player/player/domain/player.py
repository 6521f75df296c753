"""A player and the rules: who they are, whose they are, what they were called before, what they spend."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, String, Text, func, literal_column
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.data.database import Id, Instant, Record
from chassis.data.phones import Phones
from player.domain import names
from player.domain.base import Base
from player.domain.codes import tier_of
from player.domain.errors import AlreadyErased, ContactMissing
from player.domain.events import (
    PlayerBound,
    PlayerCreated,
    PlayerDeleted,
    PlayerErased,
    PlayerFact,
    PlayerGameSynced,
    PlayerRegistered,
    PlayerTagged,
    PlayerTierChanged,
    PlayerUpdated,
)
from player.domain.game import GameData, GameSnapshot

PERSONAL = ("phone", "wechat_id", "wechat_name", "nickname", "former_wechat_ids", "note", "tags", "custom", "game")
_PLAIN = ("wechat_id", "wechat_name", "nickname", "source", "note")


class Player(Record, Base):
    """A customer; tickets and sales hang on it (P1).

    The phone number is kept sealed, beside blind indexes of the whole and of its last four digits. `edited_version`
    is the version made by the last person's change: data fetched since then cannot make anybody's edit stale.
    `merged_into_id` is the survivor of whoever was merged, however many merges further; `also_known` is what the players
    merged into this one are found by.
    """

    __tablename__ = "players"

    phone_sealed: Mapped[str | None] = mapped_column(String(160))
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    phone_tail_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    wechat_id: Mapped[str | None] = mapped_column(String(64))
    wechat_key: Mapped[str | None] = mapped_column(String(200))
    wechat_name: Mapped[str | None] = mapped_column(String(64))
    nickname: Mapped[str | None] = mapped_column(String(64))
    former: Mapped[names.Former] = mapped_column(JSONB, default=names.nothing_former)
    source: Mapped[str] = mapped_column(String(32), default="other")
    note: Mapped[str] = mapped_column(Text, default="")
    agent_id: Mapped[str | None] = mapped_column(Id)
    wechat_account_id: Mapped[str | None] = mapped_column(Id)
    vip_tier: Mapped[int] = mapped_column(default=0)
    registered: Mapped[bool] = mapped_column(default=False)
    tags: Mapped[list[str]] = mapped_column(ARRAY(String(40)), default=list)
    custom: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    member: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    last_contact_at: Mapped[datetime | None] = mapped_column(Instant)
    deleted: Mapped[bool] = mapped_column(default=False)
    erased_at: Mapped[datetime | None] = mapped_column(Instant)
    merged_into_id: Mapped[str | None] = mapped_column(Id)
    also_known: Mapped[dict[str, list[str]]] = mapped_column(JSONB, default=dict, server_default="{}")
    edited_version: Mapped[int] = mapped_column(default=1)
    terms: Mapped[list[str]] = mapped_column(ARRAY(String(80)), default=list, deferred=True)
    names: Mapped[str] = mapped_column(Text, default="", deferred=True)

    game: Mapped[GameSnapshot | None] = relationship(lazy="joined", uselist=False, cascade="save-update, merge")

    match: Any = None  # why a search found this row: {"field": …, "value": …}
    relevance: int = 0  # how well it did

    __allow_unmapped__ = True

    @property
    def silent_since(self) -> datetime:
        """The moment from which silence is counted: the last contact, else when the player was written down."""
        return self.last_contact_at or self.created_at

    def phone(self, phones: Phones) -> str | None:
        """The whole phone number, E.164. Raises CannotOpen."""
        return phones.open(self.phone_sealed, self.id) if self.phone_sealed else None

    def open(self, fields: Mapping[str, Any], phones: Phones, at: datetime) -> list[PlayerFact]:
        """Write the player down; `fields` are those of a creation, the phone number in E.164. Raises ContactMissing."""
        self.created_at = self.updated_at = at
        self.version = self.edited_version = 1
        self.former, self.note, self.source, self.deleted, self.vip_tier = names.nothing_former(), "", "other", False, 0
        self.registered, self.last_contact_at, self.game, self.erased_at = False, None, None, None
        self.member = self.merged_into_id = None
        self.also_known = {}
        for name in (*_PLAIN, "agent_id", "wechat_account_id"):
            if fields.get(name) is not None:
                setattr(self, name, fields[name])
        self.tags, self.custom = list(fields.get("tags") or ()), dict(fields.get("custom") or {})
        self.set_phone(fields.get("phone"), phones)
        self.keep_contact()
        self.index_names()
        return [PlayerCreated.of(self, phones)]

    def edit(self, fields: Mapping[str, Any], phones: Phones, at: datetime) -> list[PlayerFact]:
        """Change some fields; former names are kept. Raises ContactMissing."""
        values = self._wanted(fields)
        changed = [name for name, value in values.items() if getattr(self, name) != value]
        new_phone = "phone" in fields and fields["phone"] != self.phone(phones)
        if not changed and not new_phone:
            return []
        for name in changed:
            if name in names.KINDS:
                self.former = names.remember(self.former, name, getattr(self, name), values[name])
            setattr(self, name, values[name])
        if new_phone:
            self.set_phone(fields["phone"], phones)
        self.keep_contact()
        if new_phone or set(changed) & set(names.KINDS):
            self.index_names()
        self.touched(at)
        return self._edited(phones, [*changed, *(["phone"] if new_phone else [])])

    def _wanted(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The values that the plain fields, tags and custom fields shall have."""
        found = {name: fields[name] for name in _PLAIN if name in fields}
        for name, empty in (("source", "other"), ("note", "")):
            if name in found and found[name] is None:
                found[name] = empty
        if fields.get("tags") is not None:
            found["tags"] = list(fields["tags"])
        if fields.get("custom") is not None:
            merged = {**self.custom, **fields["custom"]}
            found["custom"] = {name: value for name, value in merged.items() if value is not None}
        return found

    def _edited(self, phones: Phones, changed: list[str]) -> list[PlayerFact]:
        """Tags have a fact of their own."""
        others = [name for name in changed if name != "tags"]
        facts: list[PlayerFact] = [PlayerUpdated.of(self, phones, *others)] if others else []
        return facts + ([PlayerTagged.of(self, phones, "tags")] if "tags" in changed else [])

    def bind(
        self, agent_id: str | None, account_id: str | None, reason: str, phones: Phones, at: datetime
    ) -> list[PlayerFact]:
        """Give the player to an agent and one of the agent's WeChat accounts (P5); nothing where it is so already."""
        before = self.agent_id
        if (before, self.wechat_account_id) == (agent_id, account_id):
            return []
        changed = [n for n, v in (("agent_id", agent_id), ("wechat_account_id", account_id)) if getattr(self, n) != v]
        self.agent_id, self.wechat_account_id = agent_id, account_id
        self.touched(at)
        return [PlayerBound.of(self, phones, *changed, agent_id_before=before, reason=reason)]

    def remove(self, phones: Phones, at: datetime) -> list[PlayerFact]:
        """Delete the player: the phone number is erased; it and the WeChat ID may be used again."""
        self.deleted = True
        self.set_phone(None, phones)
        self.wechat_key, self.terms, self.names = None, [], ""
        self.touched(at)
        return [PlayerDeleted.of(self, phones, "deleted")]

    def erase(self, reason: str, phones: Phones, at: datetime) -> list[PlayerFact]:
        """Take away all that says who the player was (S31); the row stays for the records that hang on it."""
        if self.erased_at is not None:
            raise AlreadyErased()
        self.set_phone(None, phones)
        self.wechat_id = self.wechat_key = self.wechat_name = self.nickname = None
        self.former, self.note, self.tags, self.custom = names.nothing_former(), "", [], {}
        self.terms, self.names, self.vip_tier, self.registered, self.member = [], "", 0, False, None
        self.also_known = {}
        self.deleted, self.erased_at = True, at
        self.touched(at)
        return [PlayerErased.of(self, phones, *PERSONAL, "deleted", reason=reason)]

    def play(self, data: GameData, phones: Phones, at: datetime) -> list[PlayerFact]:
        """Take the data fetched from the game at `at`: tier and registration follow, an empty nickname is filled."""
        self.game = self.game or GameSnapshot(player_id=self.id, roles=[])
        changed = self.game.take(data, at)
        tier, first_seen = self.vip_tier, not self.registered
        self.vip_tier, self.registered = tier_of(data.total_spend.amount), True
        if "nickname" in changed or not self.nickname:
            self.nickname = self.nickname or data.nickname or None
            self.index_names()
        self.changed(at)
        facts: list[PlayerFact] = [PlayerGameSynced.of(self, phones, *(f"game.{name}" for name in changed))]
        if self.vip_tier != tier:
            facts.append(PlayerTierChanged.of(self, phones, "vip_tier", vip_tier_before=tier))
        return facts + ([PlayerRegistered.of(self, phones, "registered")] if first_seen else [])

    def mark(self, marks: dict[str, Any], at: datetime) -> None:
        """Take what the member system says (P12); like game data, it makes nobody's edit stale."""
        self.member = marks
        self.changed(at)

    def is_stale_for(self, version: int) -> bool:
        """Whether a change made from `version` would overwrite what somebody else has written since."""
        return not self.edited_version <= version <= self.version

    def called(self) -> set[str]:
        """Every name and WeChat ID the player has or had."""
        now = {self.wechat_id, self.wechat_name, self.nickname}
        return {name for name in now.union(*self.former.values()) if name}

    def searched_names(self) -> list[str | None]:
        """Every name the player is looked for by."""
        game = self.game.nickname if self.game is not None else None
        current = [self.nickname, self.wechat_name, game]
        former = [*self.former["nicknames"], *self.former["wechat_names"]]
        return [*current, *former, *self.also_known.get("names", ())]

    def set_phone(self, phone: str | None, phones: Phones) -> None:
        """Seal and index another number, or none; data fetched by the former number belong to another account."""
        if phone is None:
            self.phone_sealed = self.phone_index = self.phone_tail_index = None
        else:
            self.phone_sealed = phones.seal(phone, self.id)
            self.phone_index, self.phone_tail_index = phones.index(phone), phones.tail_index(phone)
        if self.game is not None:
            self.game.forget()

    def keep_contact(self) -> None:
        """Compare by the WeChat ID there is now. Raises ContactMissing where neither it nor a phone number is left."""
        if self.phone_sealed is None and self.wechat_id is None:
            raise ContactMissing()
        self.wechat_key = names.handle_key(self.wechat_id) if self.wechat_id else None

    def index_names(self) -> None:
        """Let the player be found by the names there are now."""
        searched = self.searched_names()
        self.terms, self.names = names.search_terms(searched), names.search_text(searched)

    def touched(self, at: datetime) -> None:
        """A person's change: whoever edits from an older version must look again."""
        self.changed(at)
        self.edited_version = self.version


SILENT_SINCE = func.coalesce(Player.last_contact_at, Player.created_at)
# Without NULLs a department's players, and those without an agent, are one IN that an index serves.
NOBODY = "00000000-0000-0000-0000-000000000000"
OWNER = func.coalesce(Player.agent_id, literal_column(f"'{NOBODY}'::uuid", Id))

_MERGED = Player.merged_into_id.is_not(None)
Index("ix_players_merged_into_id", Player.merged_into_id, postgresql_where=_MERGED)
Index("ix_players_merged_tail", Player.phone_tail_index, postgresql_where=_MERGED)
Index("uq_players_wechat_key", Player.wechat_key, unique=True, postgresql_ops={"wechat_key": "text_pattern_ops"})
Index("ix_players_created_at", Player.created_at, Player.id)
Index("ix_players_updated_at", Player.updated_at, Player.id)
Index("ix_players_contact", SILENT_SINCE, Player.id)
Index("ix_players_owner_created_at", OWNER, Player.created_at, Player.id)
Index("ix_players_owner_contact", OWNER, SILENT_SINCE, Player.id)
Index("ix_players_tags", Player.tags, postgresql_using="gin")
Index("ix_players_terms", Player.terms, postgresql_using="gin")
