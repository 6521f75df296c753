"""`python -m sales rotate-phone-keys`: of the steps in the player service's README, what concerns leads."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from chassis.service import Runtime
from sales.app import SERVICE
from sales.application.rotation import rotate
from sales.settings import SalesSettings


def rotate_phone_keys(arguments: list[str]) -> Iterator[str]:
    """Rotate, with the settings of the environment; yields a line after each batch and one at the end."""
    parser = argparse.ArgumentParser(prog="python -m sales rotate-phone-keys")
    parser.add_argument("--batch", type=int, default=500, help="leads in one transaction")
    given = parser.parse_args(arguments)
    settings = SalesSettings.load()
    runtime = Runtime(SERVICE, settings, pool_size=2)
    for looked, written in rotate(runtime.database.session, settings.phones, batch=max(1, given.batch)):
        yield f"looked at {looked} numbers, written anew: {written}"
    yield f"every number is sealed by {settings.phones.current}; older keys may be taken out here"
