"""R33: targets of webhooks that are down, slow, failing or endless hold up nobody, and hear everything once they are well."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import pytest

from gateway.integration import delivering, sending
from tests.faults.conftest import Repeats
from tests.faults.farm import eventually
from tests.faults.invariant import Finding
from tests.gateway.integration import test_webhooks as webhooks
from tests.gateway.integration.test_webhooks import loopback, only_ones_own  # noqa: F401 - fixtures
from tests.gateway.integration.webhook_target import Target
from tests.support.postgres import new_database  # noqa: F401 - a fixture
from tests.support.suite_in_process import InProcessSuite, shared_suite

pytestmark = [pytest.mark.xdist_group("faults"), pytest.mark.timeout(0)]


@pytest.fixture(scope="session")
def suite(new_database, tmp_path_factory: pytest.TempPathFactory) -> InProcessSuite:  # noqa: F811 - the fixture
    """The gateway and its services in this process."""
    return shared_suite(new_database, tmp_path_factory.mktemp)


@contextmanager
def delivering_of(suite: InProcessSuite) -> Iterator[None]:
    """The worker's loop runs within the block."""
    stop = threading.Event()
    loop = threading.Thread(target=delivering.run, args=(suite.gateway_runtime, stop))
    loop.start()
    try:
        yield
    finally:
        stop.set()
        loop.join(40)


def heard(target: Target) -> set[str]:
    """The IDs of the facts that came in, however often."""
    return {headers["webhook-id"] for headers, _ in target.calls}


def most_tries(seconds: float) -> int:
    """Of a target that fails each time: it rests for 1, 2, 4, … s, each by a fifth shorter at the most."""
    tries, again_after = 1, 0.8
    while again_after < seconds:
        again_after += 0.8 * 2**tries
        tries += 1
    return tries


def test_r33_targets_that_are_not_well_hold_up_nobody_and_lose_nothing(
    suite: InProcessSuite, table: Callable[..., None], repeats: Repeats, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sending, "WHOLE", 4.0)
    count, well = repeats(5, 60), Target().start()
    ill = {
        "down": Target().start(),
        "slow": Target(delay=2).start(),
        "failing": Target(answer=lambda _: (500, {})).start(),
        "endless": Target(delay=8).start(),
    }
    for target in (well, *ill.values()):
        webhooks.subscribe(suite, target, types=["ticket.created.v1"])
    ill["down"].close()
    with delivering_of(suite):
        began = monotonic()
        for _ in range(count):
            webhooks.write_ticket(suite)
        unhurt = eventually(lambda: len(heard(well)) == count, 20, "every fact at the one that is well")
        tries, allowed = len(ill["failing"].calls), most_tries(monotonic() - began)
        for target in ill.values():
            target.mend()
        mended = monotonic()
        while any(heard(target) != heard(well) for target in ill.values()):
            assert monotonic() - mended < 120, {name: len(heard(target)) for name, target in ill.items()}
            webhooks.later(suite)
            threading.Event().wait(0.5)
    targets = (well, *ill.values())
    delivered = [len(heard(target)) for target in targets]
    finding = Finding(
        acknowledged=count,
        facts=count,
        delivered=sum(delivered),
        lost=sum(count - one for one in delivered),
        doubled=len(well.calls) - count,
        differences=0,
        dead=0,
        seconds=monotonic() - mended,
    )
    for target in targets:
        target.close()
    table("R33 webhooks, 1 target well and 4 ill", finding, well_after=f"{unhurt:.1f} s", tries_of_the_failing=tries)
    assert unhurt < 5
    assert tries <= allowed, "a target that fails is left in peace for longer and longer"
