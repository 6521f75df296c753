"""The client by which our own services read the log: made once, given a changed secret beside the old one, never brought back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

from gateway.identity import own_client
from tests.support.suite_in_process import InProcessSuite


def keep(suite: InProcessSuite, client_id: str, secret: str) -> None:
    """What the timer does with these settings."""
    work = suite.gateway_runtime.work()
    work.settings = replace(work.settings, events_client_id=client_id, events_client_secret=secret)
    with work.session:
        own_client.keep(work)
        work.commit()


def token(suite: InProcessSuite, client_id: str, secret: str) -> Any:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return suite.gateway.test_client().post("/oauth/token", data=form)


def test_it_is_made_once_and_reads_facts_alone(suite: InProcessSuite):
    client_id, secret = str(uuid4()), uuid4().hex
    keep(suite, client_id, secret)
    keep(suite, client_id, secret)
    got = token(suite, client_id, secret)
    assert (got.status_code, got.json["scope"]) == (200, "event:read")
    kept = suite.api("admin").get(f"/api-clients/{client_id}").json
    assert len(kept["secrets"]) == 1


def test_a_changed_secret_serves_beside_the_one_before_and_the_third_ends_the_first(suite: InProcessSuite):
    client_id, secrets = str(uuid4()), [uuid4().hex for _ in range(3)]
    for secret in secrets:
        keep(suite, client_id, secret)
    assert [token(suite, client_id, secret).status_code for secret in secrets] == [401, 200, 200]


def test_one_that_was_revoked_stays_so(suite: InProcessSuite):
    client_id, secret, admin = str(uuid4()), uuid4().hex, suite.api("admin")
    keep(suite, client_id, secret)
    version = admin.get(f"/api-clients/{client_id}").json["version"]
    assert admin.post(f"/api-clients/{client_id}/revoke", version=version).status_code == 200
    keep(suite, client_id, secret)
    assert token(suite, client_id, secret).status_code == 401


def test_without_settings_there_is_none(suite: InProcessSuite):
    before = len(suite.api("admin").everything("/api-clients"))
    keep(suite, "", "")
    assert len(suite.api("admin").everything("/api-clients")) == before
