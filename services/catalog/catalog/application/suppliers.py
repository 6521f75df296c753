"""What is done with suppliers: made, changed, removed, and given to items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import IntegrityError

from catalog.domain.errors import DuplicateSupplier, SupplierInUse
from catalog.domain.supplier import Supplier
from catalog.persistence import queries
from chassis.clock import new_id
from chassis.data.unit_of_work import UnitOfWork
from chassis.rules import NotFound


def create_supplier(uow: UnitOfWork, fields: Mapping[str, Any]) -> Supplier:
    """Write a supplier down: `name` and perhaps `code`, `contact`, `note`. Raises DuplicateSupplier."""
    supplier = Supplier(id=new_id())
    uow.publish(supplier.make(fields, uow.now()))
    try:
        return uow.add(supplier)
    except IntegrityError as error:
        raise DuplicateSupplier() from error


def edit_supplier(uow: UnitOfWork, supplier_id: str, fields: Mapping[str, Any], *, version: int) -> Supplier:
    """Change a supplier. Raises NotFound, StaleRecord, DuplicateSupplier."""
    supplier = uow.for_update(Supplier, supplier_id, version)
    uow.publish(supplier.edit(fields, uow.now()))
    try:
        uow.session.flush()
    except IntegrityError as error:
        raise DuplicateSupplier() from error
    return supplier


def remove_supplier(uow: UnitOfWork, supplier_id: str, *, version: int) -> None:
    """Remove a supplier no item has. Raises NotFound, StaleRecord, SupplierInUse."""
    supplier = uow.for_update(Supplier, supplier_id, version)
    items = queries.items_of_supplier(uow, supplier.id)
    if items:
        raise SupplierInUse(items)
    uow.publish(supplier.leave(uow.now()))
    uow.session.flush()
    uow.session.delete(supplier)


def must_supply(uow: UnitOfWork, supplier_id: str | None) -> None:
    """Raise NotFound where there is no such supplier; one that is there stays so until this work is done."""
    if supplier_id and not queries.hold_supplier(uow, supplier_id):
        raise NotFound()
