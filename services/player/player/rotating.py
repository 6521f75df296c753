"""`python -m player rotate-phone-keys`: the three steps of a rotation are in the README."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from chassis.service import Runtime
from player.app import SERVICE
from player.application.rotation import left_of_old_keys, rotate
from player.settings import PlayerSettings


def rotate_phone_keys(arguments: list[str]) -> Iterator[str]:
    """Rotate, with the settings of the environment; yields a line after each batch and one at the end."""
    parser = argparse.ArgumentParser(prog="python -m player rotate-phone-keys")
    parser.add_argument("--batch", type=int, default=500, help="players in one transaction")
    given = parser.parse_args(arguments)
    settings = PlayerSettings.load()
    runtime = Runtime(SERVICE, settings, pool_size=2)
    phones = settings.phones
    progress = None
    for progress in rotate(runtime.database.session, phones, settings.vault, batch=max(1, given.batch)):
        yield f"looked at {progress.looked} of {progress.total} numbers, written anew: {progress.written}"
    with runtime.database.read_session() as session:
        left = left_of_old_keys(session, phones)
    yield f"sealed by another key than {phones.current}: {left}" + ("" if left else "; older keys may be taken out")
