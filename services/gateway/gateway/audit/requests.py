"""Where each write came from, and each denial: noted as the answer leaves, written a moment later, many at a time."""

from __future__ import annotations

import atexit
import threading
from typing import Any

from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from chassis.ops.logging import log
from chassis.service import Runtime
from gateway.audit.entry import REQUEST
from gateway.audit.writing import deed, record_at_once, write

SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
FLUSHED_AFTER = 0.05  # seconds that a note may be lost with a killed process; the facts themselves never are
MOST = 5_000  # notes that wait; with more, the requests wait for the database
# Unsafe by method alone: they change no record.
NO_WRITES = ("/presence/", "/packs/preview", "/packs/build", "/api/v1/packs/preview")


class Notebook:
    """Notes of one process on their way into the log: one INSERT of many in place of one for each request."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._notes: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None
        atexit.register(self.flush)

    def add(self, note: dict[str, Any]) -> None:
        """Note something; it is in the database within a tenth of a second."""
        with self._lock:
            self._notes.append(note)
            full = len(self._notes) > MOST
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="audit notes", daemon=True)
                self._thread.start()
        self._wanted.set()
        if full:
            self.flush()

    def flush(self) -> None:
        """Write down what is noted. What cannot be written now stays noted."""
        with self._lock:
            notes, self._notes = self._notes, []
        if not notes:
            return
        try:
            with self.runtime.database.engine.begin() as connection:
                write(connection, notes, self.runtime.settings.audit_key)  # type: ignore[attr-defined]
        except (DBAPIError, SQLAlchemyError) as error:
            log.warning("audit notes wait for the database", notes=len(notes), error=str(error).split("\n")[0])
            with self._lock:
                self._notes = [*notes, *self._notes][-2 * MOST :]

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            self._wanted.wait()
            self._wanted.clear()
            pause.wait(FLUSHED_AFTER)
            self.flush()
            if self._notes:
                pause.wait(1)
                self._wanted.set()


def install(app: Flask, runtime: Runtime) -> None:
    """Note every unsafe request of somebody signed in, and every denial."""
    app.extensions["playdesk_audit_notes"] = Notebook(runtime)
    app.after_request(_note)


def notebook() -> Notebook:
    """The notes of this process."""
    found: Notebook = current_app.extensions["playdesk_audit_notes"]
    return found


def _note(response: Response) -> Response:
    """A page that asks an API route of our own is one request, not two."""
    who = g.get("signed_in")
    if who is None or "playdesk.signed_in" in request.environ:
        return response
    if response.status_code == 403:
        _denied(who.id)
    if request.method not in SAFE and not request.path.startswith(NO_WRITES):
        route = request.url_rule.rule if request.url_rule else ""
        details = {**_asked(), "route": route, "status": response.status_code}
        notebook().add(deed("request", kind=REQUEST, actor=who.id, details=details))
    return response


def _denied(who: str) -> None:
    """Written before the answer leaves, so that no kill loses it; the answer stands even where it cannot be written."""
    try:
        record_at_once("access.denied", actor=who, details=_asked())
    except SQLAlchemyError as error:
        log.error("a denial could not be written down", error=str(error).split("\n")[0])


def _asked() -> dict[str, str]:
    return {"method": request.method, "path": request.path[:300]}
