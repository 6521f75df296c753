"""The tree of departments: what lies below one."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.identity.staff import Department


def departments_below(session: Session, department_id: str) -> set[str]:
    """A department and all below it."""
    tree = select(Department.id).where(Department.id == department_id).cte("tree", recursive=True)
    tree = tree.union(select(Department.id).join(tree, Department.parent_id == tree.c.id))
    return {department_id, *session.scalars(select(tree.c.id))}
