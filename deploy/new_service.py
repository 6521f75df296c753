"""`python -m deploy.new_service NAME [FOLDER]`: makes a sixth service, and its tests, out of docs/howto/templates/sample."""

from __future__ import annotations

import keyword
import re
import sys
from pathlib import Path

from deploy.local.state import ROOT

TEMPLATE = ROOT / "docs/howto/templates/sample"
LEFT_TO_DO = """\
made services/{name} and tests/{name}; what is left is in docs/howto/add-a-service.md:
  its name into Makefile (DOMAIN), pyproject.toml, .importlinter, deploy/local/programs.py (DOMAIN), deploy/compose.yaml
  for routes of its own at the gateway: clients/transport.py, settings.py, merging.py, policies.py (actions)
  make lock, make docs, make examples, make check
"""


def make_service(name: str, folder: Path = ROOT) -> list[Path]:
    """Write the files of a new service below `folder`; returns them. Raises ValueError, FileExistsError."""
    if not re.fullmatch(r"[a-z]{2,20}", name) or keyword.iskeyword(name):
        raise ValueError(f"{name}: a service is named by one word in small letters")
    if (folder / "services" / name).exists():
        raise FileExistsError(f"services/{name} is there already")
    made = []
    for source in sorted(path for path in TEMPLATE.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        inside = source.relative_to(TEMPLATE)
        within_tests = inside.parts[0] == "tests"
        room = folder / (f"tests/{name}/integration" if within_tests else f"services/{name}")
        target = room / _renamed(inside.name if within_tests else str(inside), name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_renamed(source.read_text("utf-8"), name), "utf-8")
        made.append(target)
    return made


def _renamed(text: str, name: str) -> str:
    return text.replace("sample", name).replace("Sample", name.title())


def main(arguments: list[str]) -> int:
    """Make it, and say what is left to do; returns the exit status."""
    if len(arguments) not in (1, 2):
        print("usage: python -m deploy.new_service NAME [FOLDER]", file=sys.stderr)
        return 2
    try:
        make_service(arguments[0], Path(arguments[1]) if len(arguments) == 2 else ROOT)
    except (ValueError, FileExistsError) as error:
        print(error, file=sys.stderr)
        return 1
    print(LEFT_TO_DO.format(name=arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
