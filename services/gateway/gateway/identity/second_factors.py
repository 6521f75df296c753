"""What is done with second factors: set up, confirmed, asked for, given up, reset."""

from __future__ import annotations

from sqlalchemy import delete, func, select

from chassis.data.unit_of_work import UnitOfWork
from gateway.identity import roles, signin
from gateway.identity.errors import (
    NoSecondFactor,
    OwnSecondFactor,
    SecondFactorKept,
    SecondFactorNeeded,
    WrongCode,
)
from gateway.identity.events import StaffChanged
from gateway.identity.role import Role
from gateway.identity.sealing import CannotUnseal, Sealer
from gateway.identity.second_factor import (
    RecoveryCode,
    SecondFactor,
    new_recovery_codes,
    new_secret,
    plain,
    recovery_hash,
    recovery_rows,
    step_of,
)
from gateway.identity.staff import Staff


def required_for(uow: UnitOfWork, role: str) -> bool:
    """Whether a role must have a second factor."""
    return bool(uow.session.scalar(select(Role.requires_second_factor).where(Role.code == role)))


def confirmed(uow: UnitOfWork, staff_id: str) -> bool:
    """Whether somebody has a second factor in use."""
    query = select(SecondFactor.staff_id).where(
        SecondFactor.staff_id == staff_id, SecondFactor.confirmed_at.is_not(None)
    )
    return uow.session.scalar(query) is not None


def start(uow: UnitOfWork, staff: Staff, sealer: Sealer) -> str:
    """A new secret for the app, to be confirmed; one that was not confirmed is dropped. Raises SecondFactorKept."""
    kept = _locked(uow, staff.id)
    if kept is not None and kept.confirmed_at is not None:
        raise SecondFactorKept()
    secret = new_secret()
    sealed = sealer.seal(secret, staff.id)
    if kept is None:
        uow.session.add(SecondFactor(staff_id=staff.id, secret=sealed, created_at=uow.now(), last_step=0))
    else:
        kept.secret, kept.created_at, kept.last_step = sealed, uow.now(), 0
    return secret


def confirm(uow: UnitOfWork, staff: Staff, code: str, sealer: Sealer) -> list[str]:
    """Use the app from now on; returns the recovery codes, which are shown this once. Raises NoSecondFactor, WrongCode."""
    kept = _locked(uow, staff.id)
    if kept is None:
        raise NoSecondFactor()
    if kept.confirmed_at is not None:
        raise SecondFactorKept()
    if not _fits(uow, kept, code, sealer):
        raise WrongCode()
    kept.confirmed_at = uow.now()
    _say(uow, staff)
    return _new_codes(uow, staff.id)


def accepted(uow: UnitOfWork, staff_id: str, code: str, sealer: Sealer) -> bool:
    """Whether it is the code of now or a recovery code that is left; either serves once."""
    kept = _locked(uow, staff_id)
    if kept is None or kept.confirmed_at is None:
        return False
    return _fits(uow, kept, code, sealer) or _recovers(uow, staff_id, code)


def renew_codes(uow: UnitOfWork, staff: Staff, code: str, sealer: Sealer) -> list[str]:
    """New recovery codes; those of before are worth nothing. Raises NoSecondFactor, WrongCode."""
    _must_fit(uow, staff, code, sealer)
    _say(uow, staff)
    return _new_codes(uow, staff.id)


def give_up(uow: UnitOfWork, staff: Staff, code: str, sealer: Sealer) -> None:
    """Do without. Raises NoSecondFactor, SecondFactorNeeded, WrongCode."""
    if required_for(uow, staff.role):
        raise SecondFactorNeeded()
    _must_fit(uow, staff, code, sealer)
    _remove(uow, staff)


def reset(uow: UnitOfWork, staff_id: str) -> None:
    """As an administrator: somebody lost the app and the codes. Their sessions end, too.

    Raises NotFound, OwnSecondFactor, NotHeld where they hold more than the caller, NoSecondFactor.
    """
    staff = uow.locked(Staff, staff_id)
    if staff.id == uow.caller.id:
        raise OwnSecondFactor()
    roles.must_be_grantable(uow, staff.role)
    if _locked(uow, staff.id) is None:
        raise NoSecondFactor()
    _remove(uow, staff)
    signin.end_sessions_of(uow, staff.id)


def codes_left(uow: UnitOfWork, staff_id: str) -> int:
    """How many recovery codes are left."""
    query = select(func.count()).where(RecoveryCode.staff_id == staff_id, RecoveryCode.used_at.is_(None))
    return uow.session.scalar(query) or 0


def _must_fit(uow: UnitOfWork, staff: Staff, code: str, sealer: Sealer) -> None:
    if not confirmed(uow, staff.id):
        raise NoSecondFactor()
    if not accepted(uow, staff.id, code, sealer):
        raise WrongCode()


def _remove(uow: UnitOfWork, staff: Staff) -> None:
    uow.session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff.id))
    uow.session.execute(delete(SecondFactor).where(SecondFactor.staff_id == staff.id))
    _say(uow, staff)


def _say(uow: UnitOfWork, staff: Staff) -> None:
    """Whether and when somebody's second factor changed is a fact; nothing of it is in there."""
    staff.changed(uow.now())
    uow.publish(StaffChanged.of(staff, "second_factor"))


def _locked(uow: UnitOfWork, staff_id: str) -> SecondFactor | None:
    query = select(SecondFactor).where(SecondFactor.staff_id == staff_id).with_for_update()
    return uow.session.scalar(query.execution_options(populate_existing=True))


def _fits(uow: UnitOfWork, kept: SecondFactor, code: str, sealer: Sealer) -> bool:
    try:
        secret = sealer.open(kept.secret, kept.staff_id)
    except CannotUnseal:
        return False
    step = step_of(secret, plain(code), at=uow.now(), after=kept.last_step)
    if step is None:
        return False
    kept.last_step = step
    return True


def _recovers(uow: UnitOfWork, staff_id: str, code: str) -> bool:
    mine = (RecoveryCode.staff_id == staff_id, RecoveryCode.code_hash == recovery_hash(code))
    row = uow.session.scalar(select(RecoveryCode).where(*mine, RecoveryCode.used_at.is_(None)).with_for_update())
    if row is None:
        return False
    row.used_at = uow.now()
    return True


def _new_codes(uow: UnitOfWork, staff_id: str) -> list[str]:
    codes = new_recovery_codes()
    uow.session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))
    uow.session.add_all(recovery_rows(staff_id, codes))
    return codes
