"""S32: what we depend on is pinned by hash, and no secret stands in the repository, its history or what an image is made of."""

from __future__ import annotations

import fnmatch
import json
import re
import subprocess
from pathlib import Path

import pytest

from deploy.known_holes import told
from tests.support.tree import ROOT, SERVICES, files, shown

LOCKS = (
    "requirements.txt",
    "deploy/build-requirements.txt",
    *(f"services/{name}/requirements.txt" for name in SERVICES),
)
PINNED = re.compile(r"[A-Za-z0-9][\w.\-]*(\[[\w,.\-]+\])?==\S+( ; .+)?")
SECRETS = {
    "a private key": re.compile(rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}"),
    "a key of AWS": re.compile(rb"\bAKIA[0-9A-Z]{16}\b"),
    "a token of GitHub": re.compile(rb"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{60,}"),
    "a token of Slack": re.compile(rb"\bxox[baprs]-[A-Za-z0-9-]{10,}"),
    "a token of a registry": re.compile(rb"\bpypi-[A-Za-z0-9_-]{50,}|\bnpm_[A-Za-z0-9]{36}\b"),
    "a password in an address": re.compile(
        rb"\b(?:postgres(?:ql)?|amqps?|https?)(?:\+\w+)?://[\w.-]+:(?!\$|\{|%|<|\*)(?!hunter2@)[^\s:/@\"'{}$<>]{6,}@"
    ),
    "a signed token": re.compile(rb"\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{40,}"),
}


@pytest.mark.parametrize("name", LOCKS)
def test_every_dependency_is_pinned_to_one_version_by_its_hashes(name: str):
    text = (ROOT / name).read_text("utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert lines
    for line in lines:
        requirement, _, hashes = line.partition(" --hash=")
        assert PINNED.fullmatch(requirement.strip()), f"{name}: {requirement} is not one version; `make lock`"
        assert re.fullmatch(r"sha256:[0-9a-f]{64}( +--hash=sha256:[0-9a-f]{64})*", hashes.strip()), (
            f"{name}: {requirement}"
        )


def test_front_end_packages_are_pinned_by_their_hashes():
    lock = json.loads((ROOT / "services/gateway/package-lock.json").read_text("utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert packages
    assert [name for name, one in packages.items() if not one.get("integrity", "").startswith("sha512-")] == []


def test_nothing_is_installed_without_its_hashes():
    """The environment, the images: every pip that takes something from outside wants the hashes."""
    for name in ("Makefile", "deploy/Dockerfile"):
        text = (ROOT / name).read_text("utf-8").replace("\\\n", " ")
        for command in re.findall(r"pip install [^&\n]+", text):
            ours = re.search(r"/wheels/|\$\(foreach name,\$\(PACKAGES\)", command)
            assert ours or "--require-hashes" in command, f"{name}: {command}"


def test_no_secret_stands_in_the_repository(figure):
    found = [
        f"{shown(path)}: {what}" for path in files() for what, form in SECRETS.items() if form.search(path.read_bytes())
    ]
    figure("S32 files", files=len(files()), secrets=len(found))
    assert not found


def test_no_secret_stands_in_the_history(figure):
    """Every line that was ever added: what was taken out again is still there for whoever clones."""
    log = subprocess.run(
        ["git", "log", "-p", "--no-color", "--unified=0", "--no-ext-diff", "--text"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    added = b"\n".join(line[1:] for line in log.split(b"\n") if line.startswith(b"+"))
    found = [f"{what}: {one.group()[:60]!r}" for what, form in SECRETS.items() for one in form.finditer(added)]
    figure("S32 history", lines=added.count(b"\n"), secrets=len(found))
    assert not found


def test_the_forms_of_secrets_are_known_when_seen():
    """The test above would be green over anything if its patterns found nothing."""
    examples = {
        "a private key": b"-----BEGIN " + b"PRIVATE KEY-----\n" + b"A" * 60,
        "a key of AWS": b"AKIA" + b"A" * 16,
        "a token of GitHub": b"ghp_" + b"a" * 36,
        "a token of Slack": b"xoxb-" + b"1" * 12,
        "a token of a registry": b"npm_" + b"a" * 36,
        "a password in an address": b"amqp://user:" + b"s3cretword" + b"@host",
        "a signed token": b"eyJ" + b"a" * 24 + b".eyJ" + b"b" * 24 + b"." + b"c" * 43,
    }
    for what, example in examples.items():
        assert SECRETS[what].search(example), what


SECRET_FILES = (
    ".env", "deploy/.env", "services/gateway/.env", ".playdesk/secrets/token.pem", "services/ticket/key.pem", "secrets.json",
    ".git/config", "services/gateway/node_modules/x/y.js", ".venv/bin/python",
)  # fmt: skip


@pytest.mark.parametrize("name", SECRET_FILES)
def test_what_is_secret_or_heavy_is_kept_out_of_what_an_image_is_made_of(name: str):
    kept_out = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line and line[0] != "#"]
    parts = Path(name).parts
    above = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    assert any(matches(pattern, path) for pattern in kept_out for path in above)


def matches(pattern: str, path: str) -> bool:
    """As Docker reads it: `**/` is any folder, or none."""
    return fnmatch.fnmatchcase(path, pattern) or (pattern.startswith("**/") and fnmatch.fnmatchcase(path, pattern[3:]))


def test_an_image_takes_its_service_the_chassis_and_nothing_else():
    """A file that is not copied cannot leak: the Dockerfile names what it takes, and no ADD takes an address."""
    text = (ROOT / "deploy/Dockerfile").read_text("utf-8")
    copied = [line.split()[1] for line in text.splitlines() if line.startswith("COPY") and "--from" not in line]
    assert set(copied) == {
        "services/${SERVICE}/requirements.txt", "services/chassis", "services/${SERVICE}", "deploy/build-requirements.txt",
    }  # fmt: skip
    assert "\nADD " not in text
    assert re.search(r"^USER \d+$", text, re.M), "an image runs as nobody in particular"
    assert not re.search(r"^(?:ENV|ARG).*(?:PASSWORD|SECRET|TOKEN|PRIVATE_KEY)=", text, re.M)


def test_known_holes_are_told_and_what_nobody_answered_for_is_not_called_sound():
    hole = {"id": "PYSEC-2026-1", "fix_versions": ["2.0"]}
    sound, holed = (
        {"name": "sound", "version": "1.0", "vulns": []},
        {"name": "holed", "version": "1.9", "vulns": [hole]},
    )
    skipped = {"name": "skipped", "skip_reason": "not found"}
    assert told({"dependencies": [sound]}) == (["known holes: 0 in 1 of 1 dependencies"], 0)
    lines, status = told({"dependencies": [sound, holed, skipped]})
    assert (lines[0], status) == ("holed 1.9: PYSEC-2026-1, mended in 2.0", 1)
    assert lines[1:] == [
        "known holes: 1 in 2 of 3 dependencies",
        "NOT LOOKED UP, as nobody answers for them here: skipped",
    ]
    assert told({"dependencies": [skipped]})[0][-1].endswith(": all of them")
