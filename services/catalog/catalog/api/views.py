"""Items, suppliers, packs, revisions and discount rules as JSON."""

from __future__ import annotations

from typing import Any

from catalog.application.items import SyncReport
from catalog.domain.discount_rule import DiscountRule
from catalog.domain.item import Item, PriceChange
from catalog.domain.pack import Pack, PackRevision
from catalog.domain.pricing import Verdict, fraction_text
from catalog.domain.supplier import Supplier
from chassis.callers import Caller
from chassis.clock import rfc3339
from chassis.data.masking import mask_text
from chassis.money import money_view


def item_view(item: Item, _who: Caller | None = None) -> dict[str, Any]:
    """One item."""
    return {
        "id": item.id,
        "no": item.no,
        "game_item_id": item.game_item_id,
        "name": item.name,
        "category": item.category,
        "list_price": money_view(item.list_price),
        "adjusted_price": money_view(item.adjusted_price),
        "price": money_view(item.price),
        "attributes": item.attributes,
        "icon_url": item.icon_url,
        "state": item.state,
        "conflict": _conflict(item),
        "note": item.note,
        "supplier_id": item.supplier_id,
        "supplier_name": mask_text(item.supplier.name) if item.supplier else None,
        "buyer": item.buyer,
        "created_at": rfc3339(item.created_at),
        "updated_at": rfc3339(item.updated_at),
        "version": item.version,
    }


def _conflict(item: Item) -> dict[str, Any] | None:
    if item.conflict_at is None:
        return None
    return {**_prices(item), "at": rfc3339(item.conflict_at)}


def _prices(item: Item) -> dict[str, Any]:
    return {"list_price_before": money_view(item.conflict_price), "list_price_now": money_view(item.list_price)}


def supplier_view(supplier: Supplier, who: Caller) -> dict[str, Any]:
    """One supplier; whole for who may change it, for others with its phone numbers masked."""
    shown = supplier_line(supplier)
    if not who.may("supplier.write"):
        return shown
    return {**shown, **{name: getattr(supplier, name) for name in _TEXTS}, "contact_visible": True}


_TEXTS = ("name", "code", "contact", "note")


def supplier_line(supplier: Supplier, _who: Caller | None = None) -> dict[str, Any]:
    """One supplier in a list: phone numbers masked, whoever asks."""
    texts = {name: getattr(supplier, name) for name in _TEXTS}
    return {
        "id": supplier.id,
        **{name: text and mask_text(text) for name, text in texts.items()},
        "contact_visible": False,
        "created_at": rfc3339(supplier.created_at),
        "updated_at": rfc3339(supplier.updated_at),
        "version": supplier.version,
    }


def report_view(report: SyncReport) -> dict[str, Any]:
    """What a sync did."""
    conflicts = [
        {
            "item_id": item.id,
            "no": item.no,
            "name": item.name,
            "adjusted_price": money_view(item.adjusted_price),
            **_prices(item),
        }
        for item in report.conflicts
    ]
    counts = {name: getattr(report, name) for name in ("added", "changed", "withdrawn")}
    return {**counts, "conflicts": conflicts, "at": rfc3339(report.at)}


def price_change_view(change: PriceChange, _who: Caller | None = None) -> dict[str, Any]:
    """One line of a price history."""
    return {
        "id": change.id,
        "at": rfc3339(change.at),
        "kind": change.kind,
        "before": money_view(change.before),
        "after": money_view(change.after),
        "cause": change.cause,
        "by": change.by,
    }


def verdict_view(verdict: Verdict) -> dict[str, Any]:
    """A verdict, as it is kept with a pack too."""
    return verdict.plain()


def pack_view(pack: Pack, _who: Caller | None = None) -> dict[str, Any]:
    """One pack: every field of its facts and more, so that a copy can be made of either."""
    return {
        **_terms(pack),
        "no": pack.no,
        "state": pack.state,
        "created_by": pack.created_by,
        "created_at": rfc3339(pack.created_at),
        "updated_at": rfc3339(pack.updated_at),
        "version": pack.version,
    }


def revision_view(revision: PackRevision, _who: Caller | None = None) -> dict[str, Any]:
    """One revision that was on sale."""
    return {
        **_terms(revision),
        "pack_id": revision.pack_id,
        "published_at": rfc3339(revision.published_at),
        "published_by": revision.published_by,
    }


def _terms(terms: Pack | PackRevision) -> dict[str, Any]:
    return {
        "id": terms.id,
        "revision": terms.revision,
        "name": terms.name,
        "lines": terms.lines,
        "sum": money_view(terms.sum),
        "price": money_view(terms.price),
        "discount": str(terms.discount),
        "verdict": terms.verdict,
        "player_id": terms.player_id,
        "campaign_id": terms.campaign_id,
        "valid_until": rfc3339(terms.valid_until),
        "note": terms.note,
        "approved_by": terms.approved_by,
    }


def rule_view(rule: DiscountRule, _who: Caller | None = None) -> dict[str, Any]:
    """One discount rule."""
    return {
        "id": rule.id,
        "code": rule.code,
        "name": rule.name,
        "kind": rule.kind,
        "free_limit": fraction_text(rule.free_limit),
        "approval_limit": fraction_text(rule.approval_limit),
        "min_price": money_view(rule.min_price),
        "active": rule.active,
        "created_at": rfc3339(rule.created_at),
        "updated_at": rfc3339(rule.updated_at),
        "version": rule.version,
    }
