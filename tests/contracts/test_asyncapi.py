"""The document of facts satisfies the official AsyncAPI parser, examples included."""

from __future__ import annotations

import json
import subprocess

import pytest

from deploy.local.state import ROOT
from tests.support import node
from tests.support.requirements import cannot_test

FOLDER = ROOT / "tests/contracts/asyncapi"
DOCUMENT = ROOT / "services/gateway/gateway/documents/asyncapi.json"


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory):
    """What the parser says of our document and of a small wrong one."""
    if not node.installed(FOLDER):
        cannot_test("the AsyncAPI document by the official parser", "its packages are not installed: run `make tools`")
    wrong = json.loads(DOCUMENT.read_text("utf-8")) | {"channels": {}, "components": {}}
    wrong["operations"] = {"send.order.paid.v1": {"action": "shout", "channel": {"$ref": "#/channels/order.paid.v1"}}}
    spoilt = tmp_path_factory.mktemp("asyncapi") / "spoilt.json"
    spoilt.write_text(json.dumps(wrong), "utf-8")
    command = [node.program("node"), "check.js", str(DOCUMENT), str(spoilt)]
    said = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=120, check=True)
    return json.loads(said.stdout)


def test_the_official_parser_finds_nothing_wrong(parsed):
    facts = sum(len(list(ROOT.glob(f"services/*/{folder}/*.json"))) for folder in ("schemas", "inward"))
    assert parsed[0] == {"valid": True, "messages": facts, "faults": []}


def test_the_official_parser_would_find_what_is_wrong(parsed):
    assert not parsed[1]["valid"]
    assert "does not exist" in parsed[1]["faults"][0]
