"""The WeChat accounts on studio phones: each belongs to one person at a time, and whose it was is kept (G1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from chassis.clock import new_id
from chassis.data.unit_of_work import UnitOfWork
from chassis.rules import NotFound
from gateway.identity.errors import DuplicateAccount
from gateway.identity.staff import Holding, Staff, WechatAccount


def give_accounts(uow: UnitOfWork, staff: Staff, accounts: list[Mapping[str, Any]]) -> None:
    """Make these the person's WeChat accounts; others of theirs are free again. Raises DuplicateAccount."""
    wanted = {account["wechat_id"]: account.get("wechat_name") for account in accounts}
    query = select(WechatAccount).where((WechatAccount.staff_id == staff.id) | WechatAccount.wechat_id.in_(wanted))
    known = {account.wechat_id: account for account in uow.session.scalars(query.with_for_update())}
    try:
        for wechat_id, name in wanted.items():
            _give(uow, staff, known.get(wechat_id), wechat_id, name)
        for wechat_id, account in known.items():
            if wechat_id not in wanted and account.staff_id == staff.id:
                _hand(uow, account, None)
        uow.session.flush()
    except IntegrityError as error:
        raise DuplicateAccount() from error
    uow.session.expire(staff, ["accounts"])


def hand_all_on(uow: UnitOfWork, staff: Staff, taker_id: str | None) -> None:
    """Give all of somebody's accounts to another, or to nobody."""
    query = select(WechatAccount).where(WechatAccount.staff_id == staff.id).order_by(WechatAccount.id)
    for account in uow.session.scalars(query.with_for_update()):
        _hand(uow, account, taker_id)
    uow.session.flush()
    uow.session.expire(staff, ["accounts"])


def holders(uow: UnitOfWork, account_id: str) -> list[tuple[Holding, Staff]]:
    """Whose an account is and was, newest first. Raises NotFound."""
    if uow.session.get(WechatAccount, account_id) is None:
        raise NotFound()
    query = select(Holding, Staff).join(Staff, Staff.id == Holding.staff_id).where(Holding.account_id == account_id)
    return list(uow.session.execute(query.order_by(Holding.from_at.desc(), Holding.id.desc())).tuples())


def _give(uow: UnitOfWork, staff: Staff, account: WechatAccount | None, wechat_id: str, name: str | None) -> None:
    if account is None:
        made = {"version": 0, "created_at": uow.now(), "updated_at": uow.now()}
        account = uow.add(WechatAccount(id=new_id(), wechat_id=wechat_id, wechat_name=name, staff_id=None, **made))
    if account.staff_id not in (None, staff.id):
        raise DuplicateAccount()
    account.wechat_name = name or account.wechat_name
    _hand(uow, account, staff.id)


def _hand(uow: UnitOfWork, account: WechatAccount, staff_id: str | None) -> None:
    """Whoever had it no longer has; from now on this one has it."""
    account.changed(uow.now())
    if account.staff_id == staff_id:
        return
    current = select(Holding).where(Holding.account_id == account.id, Holding.until_at.is_(None))
    for held in uow.session.scalars(current):
        held.until_at = uow.now()
    uow.session.flush()
    account.staff_id = staff_id
    if staff_id is not None:
        span = {"from_at": uow.now(), "until_at": None, "by": uow.caller.id}
        uow.session.add(Holding(id=new_id(), account_id=account.id, staff_id=staff_id, **span))
