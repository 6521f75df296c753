"""Items, suppliers, packs and rules are the whole company's: permissions decide, rows do not."""

from sqlalchemy import ColumnElement, true

from catalog.domain.discount_rule import DiscountRule
from catalog.domain.item import Item
from catalog.domain.pack import Pack
from catalog.domain.supplier import Supplier
from chassis.callers import Caller


def everything(_caller: Caller) -> ColumnElement[bool]:
    """Every row, whatever the caller's scope."""
    return true()


SCOPES = {Item: everything, Supplier: everything, Pack: everything, DiscountRule: everything}
