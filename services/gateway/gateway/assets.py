"""Static files under one address per content: cached for good, replaced at once."""

from __future__ import annotations

import hashlib
from pathlib import Path
from wsgiref.headers import Headers

from flask import Flask
from whitenoise import WhiteNoise

STATIC = Path(__file__).parent / "static"
FOR_FILES = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",  # an SVG opened by itself
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
}


def content_hash(folder: Path) -> str:
    """A short hash over every file's name and content."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _secure(headers: Headers, _path: str, _url: str) -> None:
    for name, value in FOR_FILES.items():
        headers[name] = value


def install(app: Flask) -> None:
    """Serve static/ under /static/<hash>/; relative addresses between the files keep working."""
    prefix = f"/static/{content_hash(STATIC)}/"

    def asset(name: str) -> str:
        return prefix + name

    served = WhiteNoise(
        app.wsgi_app,
        immutable_file_test=lambda _path, url: url.startswith(prefix),
        allow_all_origins=False,
        add_headers_function=_secure,
    )
    served.add_files(str(STATIC), prefix=prefix)
    app.wsgi_app = served  # type: ignore[method-assign]
    app.jinja_env.globals["asset"] = asset
