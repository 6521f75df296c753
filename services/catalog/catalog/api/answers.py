"""The form of items, suppliers, packs, verdicts and discount rules as they go out."""

from __future__ import annotations

from typing import ClassVar

from marshmallow import Schema, fields

from chassis.http.documents import page_of


class Amount(Schema):
    """Money; below zero only where a margin is short."""

    amount = fields.String(required=True, metadata={"pattern": r"^-?\d+\.\d{2}$"})
    currency = fields.String(required=True)


class ConflictShown(Schema):
    """The game changed the list price under an adjustment."""

    list_price_before = fields.Nested(Amount, required=True)
    list_price_now = fields.Nested(Amount, required=True)
    at = fields.DateTime(required=True)


class ItemShown(Schema):
    """An item; `price` is the one in force."""

    governs: ClassVar[str] = "item"
    id = fields.UUID(required=True)
    no = fields.String(required=True)
    game_item_id = fields.String(required=True)
    name = fields.String(required=True)
    category = fields.String(required=True)
    list_price = fields.Nested(Amount, required=True)
    adjusted_price = fields.Nested(Amount, required=True, allow_none=True)
    price = fields.Nested(Amount, required=True)
    attributes = fields.Dict(required=True)
    icon_url = fields.String(required=True, allow_none=True)
    state = fields.String(required=True)
    conflict = fields.Nested(ConflictShown, required=True, allow_none=True)
    note = fields.String(required=True)
    supplier_id = fields.UUID(required=True, allow_none=True)
    supplier_name = fields.String(required=True, allow_none=True)
    buyer = fields.UUID(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


ItemPage = page_of(ItemShown)


class SupplierShown(Schema):
    """A supplier; phone numbers are masked unless `contact_visible`."""

    shows_numbers = True

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    code = fields.String(required=True, allow_none=True)
    contact = fields.String(required=True)
    contact_visible = fields.Boolean(required=True)
    note = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


SupplierPage = page_of(SupplierShown)


class FoundConflict(Schema):
    """A conflict that a sync found."""

    item_id = fields.UUID(required=True)
    no = fields.String(required=True)
    name = fields.String(required=True)
    adjusted_price = fields.Nested(Amount, required=True)
    list_price_before = fields.Nested(Amount, required=True)
    list_price_now = fields.Nested(Amount, required=True)


class SyncShown(Schema):
    """What one sync did; the open conflicts of all syncs are at GET /items?conflict=true."""

    added = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    withdrawn = fields.Integer(required=True)
    conflicts = fields.List(fields.Nested(FoundConflict), required=True)
    at = fields.DateTime(required=True)


class PriceChangeShown(Schema):
    """One change of a list price or an adjusted price; `by` is the ID of who did it or asked for the sync."""

    id = fields.UUID(required=True)
    at = fields.DateTime(required=True)
    kind = fields.String(required=True)
    before = fields.Nested(Amount, required=True, allow_none=True)
    after = fields.Nested(Amount, required=True, allow_none=True)
    cause = fields.String(required=True)
    by = fields.String(required=True)


PriceHistory = page_of(PriceChangeShown)


class NamedRule(Schema):
    """The rule that decides; `margin` is the price minus the lowest at `limit`, negative when short."""

    id = fields.String(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    limit = fields.String(required=True)
    margin = fields.Nested(Amount, required=True)


class FindingShown(NamedRule):
    """What one rule says."""

    passed = fields.Boolean(required=True)
    needs_approval = fields.Boolean(required=True)
    free_limit = fields.String(required=True, allow_none=True)
    approval_limit = fields.String(required=True, allow_none=True)


class VerdictShown(Schema):
    """What the rules say of a pack; `discount` is the fraction off the sum, four places, rounded up."""

    sum = fields.Nested(Amount, required=True)
    price = fields.Nested(Amount, required=True)
    discount = fields.String(required=True)
    allowed = fields.Boolean(required=True)
    needs_approval = fields.Boolean(required=True)
    rule = fields.Nested(NamedRule, required=True)
    rules = fields.List(fields.Nested(FindingShown), required=True)


class LineShown(Schema):
    """One line of a pack."""

    item_id = fields.UUID(required=True)
    no = fields.String(required=True)
    name = fields.String(required=True)
    category = fields.String(required=True)
    quantity = fields.Integer(required=True)
    unit_price = fields.Nested(Amount, required=True)
    subtotal = fields.Nested(Amount, required=True)


class PackTermsShown(Schema):
    """What a pack and its revisions have alike."""

    governs: ClassVar[str] = "pack"
    id = fields.UUID(required=True)
    revision = fields.Integer(required=True)
    name = fields.String(required=True)
    lines = fields.List(fields.Nested(LineShown), required=True)
    sum = fields.Nested(Amount, required=True)
    price = fields.Nested(Amount, required=True)
    discount = fields.String(required=True)
    verdict = fields.Nested(VerdictShown, required=True)
    player_id = fields.String(required=True, allow_none=True)
    campaign_id = fields.String(required=True, allow_none=True)
    valid_until = fields.DateTime(required=True, allow_none=True)
    note = fields.String(required=True)
    approved_by = fields.String(required=True, allow_none=True)


class PackShown(PackTermsShown):
    """A pack as it is now."""

    no = fields.String(required=True)
    state = fields.String(required=True)
    created_by = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


PackPage = page_of(PackShown)


class RevisionShown(PackTermsShown):
    """What a pack was when it was on sale."""

    pack_id = fields.UUID(required=True)
    published_at = fields.DateTime(required=True)
    published_by = fields.String(required=True)


RevisionPage = page_of(RevisionShown)


class RuleShown(Schema):
    """A discount rule."""

    id = fields.UUID(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    free_limit = fields.String(required=True, allow_none=True)
    approval_limit = fields.String(required=True, allow_none=True)
    min_price = fields.Nested(Amount, required=True, allow_none=True)
    active = fields.Boolean(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


RulePage = page_of(RuleShown)
