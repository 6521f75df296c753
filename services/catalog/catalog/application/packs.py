"""What is done with packs: previewed, drafted, edited, published, approved, withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.application.quotes import quote, rejudged, requote
from catalog.domain.codes import AWAITING_APPROVAL, ON_SALE
from catalog.domain.events import PackFact, PackPublished
from catalog.domain.pack import TERMS, Pack, PackRevision, require_allowed
from catalog.domain.pricing import Verdict
from catalog.persistence import queries
from chassis.clock import new_id
from chassis.data.unit_of_work import UnitOfWork
from chassis.rules import WrongFields

_PRICED = ("lines", "price", "discount")
_OPTIONAL = ("player_id", "campaign_id", "valid_until")


def preview_pack(uow: UnitOfWork, fields: Mapping[str, Any]) -> Verdict:
    """The verdict that `create_pack` would come to. Raises what it raises, but DiscountNotAllowed."""
    _check_end(uow, fields)
    return quote(uow, fields).verdict


def create_pack(uow: UnitOfWork, fields: Mapping[str, Any]) -> Pack:
    """Draft a pack of `lines` [{item_id, quantity}] at `price` (Money) or `discount` (Decimal).

    Raises WrongFields, PriceAboveSum, DiscountNotAllowed.
    """
    _check_end(uow, fields)
    quoted = quote(uow, fields)
    require_allowed(quoted.verdict)  # before a number is drawn, so that a refusal leaves no gap
    optional = {name: fields.get(name) for name in _OPTIONAL}
    pack = Pack(id=new_id(), name=fields["name"], note=fields.get("note", ""), approved_by=None, **optional)
    pack.no = queries.next_pack_no(uow)
    facts = pack.draft(quoted, by=uow.caller.id, at=uow.now())
    uow.add(pack)
    uow.publish(facts)
    return pack


def edit_pack(uow: UnitOfWork, pack_id: str, fields: Mapping[str, Any], *, version: int) -> Pack:
    """Change a pack and judge it anew; one that is on sale gets its next revision, which takes `pack.publish`.

    Raises NotFound, StaleRecord, Forbidden, WrongFields, ItemWithdrawn, PriceAboveSum, DiscountNotAllowed, PackExpired.
    """
    pack = uow.for_update(Pack, pack_id, version)
    if pack.state in (ON_SALE, AWAITING_APPROVAL):
        uow.caller.must("pack.publish")
    _check_end(uow, fields)
    quoted = requote(uow, pack, fields)
    plain = {name: value for name, value in fields.items() if name not in _PRICED}
    priced_by = uow.caller.id if any(name in fields for name in _PRICED) else None
    return _told(uow, pack, pack.edit(plain, quoted, priced_by=priced_by, at=uow.now()))


def publish_pack(uow: UnitOfWork, pack_id: str, *, version: int) -> Pack:
    """Put a pack on sale at the item prices of now, or hand it in for approval.

    Raises NotFound, StaleRecord, NotDraft, ItemWithdrawn, PriceAboveSum, DiscountNotAllowed, PackExpired.
    """
    pack = uow.for_update(Pack, pack_id, version)
    pack.must_be_publishable()
    return _told(uow, pack, pack.publish(requote(uow, pack, {}), at=uow.now()))


def approve_pack(uow: UnitOfWork, pack_id: str, *, version: int) -> Pack:
    """Put on sale what awaits approval.

    Raises NotFound, StaleRecord, NotAwaitingApproval, OwnPack, ItemWithdrawn, DiscountNotAllowed, PackExpired.
    """
    pack = uow.for_update(Pack, pack_id, version)
    pack.must_be_approvable(uow.caller.id)
    return _told(uow, pack, pack.approve(rejudged(uow, pack), by=uow.caller.id, at=uow.now()))


def withdraw_pack(uow: UnitOfWork, pack_id: str, *, version: int) -> Pack:
    """Take a pack off sale, or give a draft up. Raises NotFound, StaleRecord, AlreadyWithdrawn."""
    pack = uow.for_update(Pack, pack_id, version)
    return _told(uow, pack, pack.withdraw(uow.now()))


def _check_end(uow: UnitOfWork, fields: Mapping[str, Any]) -> None:
    end = fields.get("valid_until")
    if end is not None and end <= uow.now():
        raise WrongFields([("/valid_until", "in_the_past")])


def _told(uow: UnitOfWork, pack: Pack, facts: list[PackFact]) -> Pack:
    """Publish the facts; whatever went on sale is kept as it was then."""
    uow.publish(facts)
    if any(isinstance(fact, PackPublished) for fact in facts):
        kept = {name: getattr(pack, name) for name in TERMS}
        who = {"published_at": uow.now(), "published_by": uow.caller.id}
        uow.session.add(PackRevision(id=new_id(), pack_id=pack.id, **kept, **who))
    return pack
