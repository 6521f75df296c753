"""What runs where: every process of every service is in compose and in its chart, with settings the service knows."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
import yaml
from environs import Env
from environs.exceptions import EnvValidationError

from tests.support.tree import ROOT, SERVICES, service

PROCESSES = ("web", "worker")
HELM = ROOT / "deploy" / "helm"
OF_THE_IMAGE = {"HOST", "PORT", "OPS_PORT", "SERVICE"}


@cache
def compose() -> dict[str, Any]:
    """deploy/compose.yaml, its anchors and merges resolved."""
    return yaml.safe_load((ROOT / "deploy/compose.yaml").read_text("utf-8"))


def values(name: str) -> dict[str, Any]:
    """What a chart is installed with unless told otherwise."""
    return yaml.safe_load((HELM / name / "values.yaml").read_text("utf-8"))


def known_settings(name: str) -> set[str]:
    """The environment variables that a service reads."""
    env = Env(eager=False)
    service(name).settings.read(env)
    try:
        env.seal()
        needed: set[str] = set()
    except EnvValidationError as missing:
        needed = set(missing.error_messages)
    return set(env.dump()) | needed | OF_THE_IMAGE


@pytest.mark.parametrize("name", SERVICES)
def test_every_process_is_in_compose_and_in_its_chart(name):
    running = compose()["services"]
    for process in PROCESSES:
        assert running[f"{name}-{process}"]["command"] == [process]
        assert running[f"{name}-{process}"]["healthcheck"]
    assert " migrate " in running[f"migrate-{name}"]["entrypoint"][2]
    assert set(values(name)["processes"]) == set(PROCESSES)
    assert all(settings["replicas"] >= 1 and settings["resources"] for settings in values(name)["processes"].values())


@pytest.mark.parametrize("name", SERVICES)
def test_every_setting_given_is_one_the_service_reads(name):
    given = set(compose()["services"][f"{name}-web"]["environment"])
    secret = re.findall(
        r"^# Made beforehand, never by the chart: (.+)\.$", (HELM / name / "values.yaml").read_text(), re.M
    )
    assert len(secret) == 1, "say which keys the Secret has"
    in_chart = set(values(name)["env"]) | set(secret[0].split(", "))
    assert given <= known_settings(name)
    assert in_chart <= known_settings(name)
    assert given <= in_chart, "what compose sets, the chart sets or asks for"


@pytest.mark.parametrize("name", SERVICES)
def test_a_chart_is_the_shared_one_and_called_after_its_service(name):
    chart = yaml.safe_load((HELM / name / "Chart.yaml").read_text("utf-8"))
    shared = yaml.safe_load((HELM / "playdesk-service/Chart.yaml").read_text("utf-8"))
    assert chart["name"] == name
    assert [(d["name"], d["version"]) for d in chart["dependencies"]] == [(shared["name"], shared["version"])]
    template = (HELM / name / "templates/everything.yaml").read_text("utf-8")
    assert template.strip() == '{{ include "playdesk.everything" . }}'


def test_nobody_but_the_gateway_may_call_a_service_of_a_chart():
    for name in set(SERVICES) - {"gateway"}:
        [caller] = values(name)["calledFrom"]
        assert caller["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == "gateway"
        assert values(name)["ingress"] == {"enabled": False}
