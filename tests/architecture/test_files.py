"""What may not be in any file: machine paths, registry addresses, secrets; and the two dark themes are one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.tree import ROOT, files, shown

NOT_TEXT = {".png", ".ico", ".woff2", ".mo", ".xlsx", ".jpg", ".gz"}
# Written in pieces, so that this file does not find itself.
USERS = "(user|ubuntu|debian|runner|vagrant)/"
PLACES = (r"(?<![\w.-])/wo" + r"rk/", "/ro" + r"ot/(?!\.)", "/ho" + "me/" + USERS, "/Us" + "ers/[A-Za-z]")
MACHINE_PATHS = re.compile("|".join(PLACES))
REGISTRIES = re.compile(
    "|".join((r"pyp" + r"i\.org/simple", r"files\.python" + "hosted", r"registry\.npm" + "js", "--extra-ind" + "ex-url",
              "--ind" + r"ex-url\s+http", "PIP_IND" + "EX_URL=http", r'"resol' + r'ved":\s*"http'))
)  # fmt: skip
PRIVATE_KEY = "-----BEGIN (RSA |EC |OPENSSH )?PRIV" + "ATE KEY-----"
SECRETS = re.compile("|".join((PRIVATE_KEY, "AKIA[0-9A-Z]{16}", "ghp_[A-Za-z0-9]{36}")))


def texts() -> list[tuple[Path, str]]:
    """Every text file of the repository."""
    return [(p, p.read_text("utf-8", errors="replace")) for p in files() if p.suffix not in NOT_TEXT]


@pytest.mark.parametrize(
    "pattern", [MACHINE_PATHS, REGISTRIES, SECRETS], ids=["machine paths", "registries", "secrets"]
)
def test_no_file_holds_what_belongs_to_one_machine(pattern):
    found = [
        f"{shown(path)}:{text.count(chr(10), 0, hit.start()) + 1} {hit.group()}"
        for path, text in texts()
        for hit in pattern.finditer(text)
    ]
    assert not found


def test_nothing_built_or_downloaded_is_committed():
    folders = {"node_modules", "__pycache__", ".venv", ".playdesk", "build", "dist"}
    assert [shown(path) for path in files() if folders & set(path.relative_to(ROOT).parts)] == []
    assert [shown(path) for path in files() if path.name == "uv.lock"] == []


def test_locks_have_hashes():
    locks = [path for path in files() if path.name == "requirements.txt"]
    assert locks
    for path in locks:
        pinned = re.findall(r"^[a-zA-Z0-9][^\s;#]*==.*?(?=^\S|\Z)", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)
        assert pinned, shown(path)
        assert [line.split()[0] for line in pinned if "--hash=sha256:" not in line] == [], shown(path)


def tokens() -> list[Path]:
    """Every tokens.css."""
    return [path for path in files() if path.name == "tokens.css"]


def declarations(css: str, selector: str) -> list[str]:
    """The declarations of the one rule with this selector."""
    plain = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    [block] = re.findall(rf"{re.escape(selector)}\s*\{{([^}}]*)\}}", plain)
    return [" ".join(line.split()) for line in block.split(";") if line.strip()]


def test_the_two_dark_blocks_are_the_same():
    for path in tokens():
        css = path.read_text("utf-8")
        from_system = declarations(css, ':root:not([data-theme="light"])')
        chosen = declarations(css, ':root[data-theme="dark"]')
        assert from_system == chosen, shown(path)
        assert len(chosen) > 10


def test_dark_has_a_colour_for_whatever_light_has_one():
    for path in tokens():
        css = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
        light = next(block for block in re.findall(r":root\s*\{([^}]*)\}", css) if "color-scheme: light" in block)
        names = {line.split(":")[0].strip() for line in light.split(";") if "--" in line}
        dark = {line.split(":")[0].strip() for line in declarations(css, ':root[data-theme="dark"]')}
        assert names - dark == set(), shown(path)
