"""The form of players as they come in and go out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, validates_schema

from chassis.http.answers import MoneyShown
from chassis.http.documents import page_of
from chassis.http.fields import (
    Body,
    Choice,
    Choices,
    Custom,
    Flag,
    Id,
    ListOf,
    Moment,
    Text,
    Whole,
    list_query,
)  # fmt: skip
from chassis.http.options import OptionField, OptionsField
from chassis.http.phones import Phone
from player.domain.codes import SOURCE_LIST, SOURCES
from player.persistence.queries import SORTS

TIERS = ("0", "1", "2", "3", "4")


class Tags(ListOf):
    """Tags, each once, in the order given."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Text(40, min_length=1, handle=True), most=30, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        return list(dict.fromkeys(super()._deserialize(value, attr, data, **kwargs)))


class TagNames(fields.Field[list[str]]):
    """Tags with commas between them, in a query: any of them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        return [Text(40, min_length=1, handle=True).deserialize(part) for part in str(value).split(",")[:30]]


class NewPlayer(Body):
    """A player to be written down: at least a phone number or a WeChat ID."""

    sets: ClassVar[str] = "player"
    phone = Phone(allow_none=True)
    wechat_id = Text(64, min_length=1, handle=True, allow_none=True)
    wechat_name = Text(64, min_length=1, handle=True, allow_none=True)
    nickname = Text(64, min_length=1, handle=True, allow_none=True)
    source = OptionField(SOURCE_LIST, SOURCES, allow_none=True)
    note = Text(5000, allow_none=True)
    agent_id = Id(allow_none=True)
    wechat_account_id = Id(allow_none=True)
    tags = Tags()
    custom = Custom()

    @validates_schema
    def _reachable(self, data: dict[str, Any], **_: Any) -> None:
        if not data.get("phone") and not data.get("wechat_id"):
            raise ValidationError("at_least_one_of:phone wechat_id")


class PlayerEdit(Body):
    """The fields that may be changed; the agent has a way of its own. In `custom` null removes a value."""

    sets: ClassVar[str] = "player"
    phone = Phone(allow_none=True)
    wechat_id = Text(64, min_length=1, handle=True, allow_none=True)
    wechat_name = Text(64, min_length=1, handle=True, allow_none=True)
    nickname = Text(64, min_length=1, handle=True, allow_none=True)
    source = OptionField(SOURCE_LIST, SOURCES, allow_none=True)
    note = Text(5000, allow_none=True)
    tags = Tags()
    custom = Custom()


class NewBinding(Body):
    """To whom the player goes (null: to nobody), through which of the agent's WeChat accounts, and why."""

    agent_id = Id(required=True, allow_none=True)
    wechat_account_id = Id(allow_none=True)
    reason = Text(500, min_length=1, required=True)


class NewReveal(Body):
    """Why the whole number is needed."""

    reason = Text(500, min_length=1, required=True)


class PlayerQuery(list_query(SORTS, default="-created_at")):  # type: ignore[misc]
    """The filters of the list. With `q` and no `sort` the best matches come first."""

    reads: ClassVar[Mapping[str, str]] = {name: f"player.{name}" for name in ("wechat_id", "phone", "source")} | {
        "tag": "player.tags"
    }
    sort = Choice([sign + name for name in SORTS for sign in ("", "-")], load_default=None)
    q = Text(100)
    wechat_id = Text(64, min_length=1, handle=True)
    phone = Phone()
    tag = TagNames(metadata={"type": "string", "description": "any of these tags; several with commas"})
    vip_tier = Choices(TIERS)
    agent_id = Id()
    source = OptionsField(SOURCE_LIST, SOURCES)
    registered = Flag(text=True)
    silent_days_gte = Whole(0, 36500, text=True, data_key="silent_days[gte]")
    created_at_gte = Moment(data_key="created_at[gte]")
    created_at_lt = Moment(data_key="created_at[lt]")


class RoleShown(Schema):
    """One character in the game."""

    name = fields.String(required=True)
    server = fields.String(required=True)
    level = fields.Integer(required=True)


class GameShown(Schema):
    """The last snapshot, its state and its age."""

    state = fields.String(required=True, metadata={"enum": ["fresh", "stale", "failed", "unknown"]})
    fetched_at = fields.DateTime(required=True, allow_none=True)
    next_attempt_at = fields.DateTime(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)
    uid = fields.String(required=True, allow_none=True)
    server = fields.String(required=True, allow_none=True)
    nickname = fields.String(required=True, allow_none=True)
    level = fields.Integer(required=True, allow_none=True)
    vip_level = fields.Integer(required=True, allow_none=True)
    total_spend = fields.Nested(MoneyShown, required=True, allow_none=True)
    last_pay_at = fields.DateTime(required=True, allow_none=True)
    last_login_at = fields.DateTime(required=True, allow_none=True)
    registered_at = fields.DateTime(required=True, allow_none=True)
    roles = fields.List(fields.Nested(RoleShown), required=True)


class FormerShown(Schema):
    """What the player was called before, newest first."""

    wechat_ids = fields.List(fields.String(), required=True)
    wechat_names = fields.List(fields.String(), required=True)
    nicknames = fields.List(fields.String(), required=True)


class MatchShown(Schema):
    """Why a search found the player."""

    field = fields.String(required=True)
    value = fields.String(required=True)


class MemberShown(Schema):
    """What the member system says of the player, and since when."""

    member_no = fields.String(required=True, allow_none=True)
    level = fields.String(required=True, allow_none=True)
    points = fields.Integer(required=True, allow_none=True)
    identity = fields.String(required=True, allow_none=True)
    verified = fields.Boolean(required=True, allow_none=True)
    version = fields.Integer(required=True)
    at = fields.String(required=True)


class AlsoKnownShown(Schema):
    """What the players merged into this one are found by; kinds without values are left out."""

    names = fields.List(fields.String())
    wechat_ids = fields.List(fields.String())
    game_uids = fields.List(fields.String())


class PlayerShown(Schema):
    """A player."""

    governs: ClassVar[str] = "player"
    id = fields.UUID(required=True)
    phone = fields.String(required=True, allow_none=True, metadata={"description": "masked unless phone_visible"})
    phone_visible = fields.Boolean(required=True)
    wechat_id = fields.String(required=True, allow_none=True)
    wechat_name = fields.String(required=True, allow_none=True)
    nickname = fields.String(required=True, allow_none=True)
    former = fields.Nested(FormerShown, required=True)
    source = fields.String(required=True)
    note = fields.String(required=True)
    agent_id = fields.String(required=True, allow_none=True)
    wechat_account_id = fields.String(required=True, allow_none=True)
    vip_tier = fields.Integer(required=True)
    registered = fields.Boolean(required=True)
    tags = fields.List(fields.String(), required=True)
    custom = fields.Dict(required=True)
    member = fields.Nested(MemberShown, required=True, allow_none=True)
    last_contact_at = fields.DateTime(required=True, allow_none=True)
    game = fields.Nested(GameShown, required=True)
    deleted = fields.Boolean(required=True)
    merged_into_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "who stands for the player since they were merged"}
    )
    also_known = fields.Nested(AlsoKnownShown, required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)
    match = fields.Nested(MatchShown, allow_none=True, metadata={"description": "only with q"})


PlayerPage = page_of(PlayerShown)


class BindingShown(Schema):
    """A span in which a player belonged to one agent."""

    agent_id = fields.String(required=True, allow_none=True)
    wechat_account_id = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True)
    from_at = fields.DateTime(required=True)
    until_at = fields.DateTime(required=True, allow_none=True)
    by = fields.String(required=True)


BindingPage = page_of(BindingShown)


class RationShown(Schema):
    """How many numbers one person may be shown in any 24 hours, and what is left of them."""

    limit = fields.Integer(required=True)
    left = fields.Integer(required=True)
    again_at = fields.DateTime(required=True, allow_none=True)


class RevealShown(Schema):
    """A whole phone number, for a short while."""

    phone = fields.String(required=True)
    left = fields.Integer(required=True, metadata={"description": "how many more today"})
    expires_at = fields.DateTime(required=True)
