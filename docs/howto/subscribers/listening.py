"""What the three Python subscribers share: facts from a queue, each once, in order per entity; safe to kill at any time.

Nothing of Playdesk is imported: pika and the standard library are enough to read the documented wire format.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pika
import pika.exceptions

Fact = dict[str, Any]
Take = Callable[[sqlite3.Connection, Fact], None]


def open_notes(folder: Path, tables: str) -> sqlite3.Connection:
    """What this subscriber knows, in one file: its own tables, and which facts it has seen."""
    folder.mkdir(parents=True, exist_ok=True)
    notes = sqlite3.connect(folder / "notes.db", isolation_level=None)
    notes.execute("PRAGMA journal_mode = WAL")
    notes.execute("CREATE TABLE IF NOT EXISTS seen (source TEXT, sequence INTEGER, PRIMARY KEY (source, sequence))")
    notes.executescript(tables)
    return notes


def take_once(notes: sqlite3.Connection, body: bytes, take: Take) -> bool:
    """Take one message in; False for one seen before. What it changes and that it was seen are one transaction."""
    fact = json.loads(body)
    notes.execute("BEGIN IMMEDIATE")
    try:
        place = (fact["source"], int(fact["sequence"]))
        new = notes.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", place).rowcount == 1
        if new:
            take(notes, fact)
        notes.execute("COMMIT")
    except BaseException:
        notes.execute("ROLLBACK")
        raise
    return new


def listen(
    url: str, queue: str, keys: tuple[str, ...], notes: sqlite3.Connection, take: Take, after: Callable[[], None]
) -> None:
    """Take facts in for ever; connects again when the broker comes back. `after` is called when the queue is empty."""
    while True:
        try:
            connection = pika.BlockingConnection(pika.URLParameters(url))
            channel = connection.channel()
            _make_queue(connection, queue, keys)
            channel.basic_qos(prefetch_count=100)
            pending = False
            for method, _properties, body in channel.consume(queue, inactivity_timeout=0.2):
                if method is not None:
                    pending = take_once(notes, body, take) or pending
                    channel.basic_ack(method.delivery_tag)  # only now: killed before this, it comes again
                elif pending:
                    after()
                    pending = False
        except (pika.exceptions.AMQPError, OSError) as error:
            print(f"{queue}: {type(error).__name__}, trying again", flush=True)
            time.sleep(1)


def _make_queue(connection: pika.BlockingConnection, queue: str, keys: tuple[str, ...]) -> None:
    """A queue that was given to us by POST /subscriptions is there already and may only be read."""
    if queue.startswith("sub."):
        return
    channel = connection.channel()
    channel.exchange_declare("playdesk.events", "topic", durable=True)
    channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
    for key in keys:
        channel.queue_bind(queue, "playdesk.events", key)
    channel.close()


def run(
    name: str, keys: tuple[str, ...], tables: str, take: Take, write: Callable[[sqlite3.Connection, Path], None]
) -> None:
    """`python <name>.py FOLDER`: AMQP_URL says where, AMQP_QUEUE which queue; files are written into the folder."""
    parser = argparse.ArgumentParser(prog=f"{name}.py")
    parser.add_argument("folder", type=Path, help="where its files are kept")
    folder: Path = parser.parse_args().folder
    notes = open_notes(folder, tables)
    write(notes, folder)
    queue = os.environ.get("AMQP_QUEUE", f"{name}.sample")
    listen(os.environ["AMQP_URL"], queue, keys, notes, take, lambda: write(notes, folder))


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader never sees half of it."""
    new = path.with_suffix(".new")
    new.write_text(text, "utf-8")
    new.replace(path)
