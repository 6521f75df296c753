"""The routes of suppliers."""

from __future__ import annotations

from typing import Any

from catalog.api import answers, schemas
from catalog.api.views import supplier_line, supplier_view
from catalog.application import suppliers
from catalog.domain.supplier import Supplier
from catalog.persistence import queries
from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes

routes = Routes("suppliers", "Suppliers", show=supplier_view)


@routes.post(
    "/suppliers",
    action="supplier.write",
    body=schemas.NewSupplier,
    answer=answers.SupplierShown,
    status=201,
    place="/suppliers/{id}",
    problems={409: "duplicate_supplier"},
)
def create(uow: UnitOfWork, body: dict[str, Any]) -> Supplier:
    """Write a supplier down."""
    return suppliers.create_supplier(uow, body)


@routes.get(
    "/suppliers",
    action="supplier.read",
    query=schemas.SupplierQuery,
    answer=answers.SupplierPage,
    show=supplier_line,
)
def find(uow: UnitOfWork, query: dict[str, Any]) -> Page:
    """Find suppliers by name, pinyin initials or code; phone numbers are masked here for everybody."""
    return queries.find_suppliers(uow, query)


@routes.get("/suppliers/<uuid:supplier_id>", action="supplier.read", answer=answers.SupplierShown)
def read(uow: UnitOfWork, supplier_id: str) -> Supplier:
    """Read one supplier; its phone numbers are masked unless one may change it."""
    return uow.get(Supplier, supplier_id)


@routes.patch(
    "/suppliers/<uuid:supplier_id>",
    action="supplier.write",
    body=schemas.SupplierEdit,
    answer=answers.SupplierShown,
    problems={409: "duplicate_supplier"},
)
def edit(uow: UnitOfWork, supplier_id: str, version: int, body: dict[str, Any]) -> Supplier:
    """Change a supplier."""
    return suppliers.edit_supplier(uow, supplier_id, body, version=version)


@routes.delete("/suppliers/<uuid:supplier_id>", action="supplier.write", problems={409: "supplier_in_use"})
def remove(uow: UnitOfWork, supplier_id: str, version: int) -> None:
    """Remove a supplier that no item has; the refusal says how many have it."""
    suppliers.remove_supplier(uow, supplier_id, version=version)
