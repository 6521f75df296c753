"""The tables every service has beside its own: facts going out and coming in, keys, numbers and heartbeats."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.data.database import NAMES

metadata = MetaData(naming_convention=NAMES)

_instant = DateTime(timezone=True)
_id = Uuid(as_uuid=False)


def _fact_columns() -> list[Column]:
    return [
        Column("id", _id, nullable=False),
        Column("type", String(80), nullable=False),
        Column("subject", String(64), nullable=False),
        Column("entity_version", Integer, nullable=False),
        Column("data", JSONB, nullable=False),
        Column("actor", String(64)),
        Column("correlation_id", String(64)),
        Column("traceparent", String(64)),
        Column("occurred_at", _instant, nullable=False),
    ]


outbox = Table(
    "outbox",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=True),
    *_fact_columns(),
    comment="facts committed with their change, not yet numbered and published",
)

event_log = Table(
    "event_log",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    *_fact_columns(),
    Column("logged_at", _instant, primary_key=True),
    Index("ix_event_log_subject_sequence", "subject", "sequence"),
    Index("ix_event_log_type_sequence", "type", "sequence"),
    postgresql_partition_by="RANGE (logged_at)",
    comment="every fact of this service in its order, kept for replay",
)

relay_state = Table(
    "relay_state",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("last_sequence", BigInteger, nullable=False, comment="of the newest fact in the log"),
    Column("published_up_to", BigInteger, nullable=False, comment="confirmed by the broker up to here"),
    Column("routed_types", JSONB, nullable=False, comment="types that had a listener when last published"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("consumer", String(64), primary_key=True),
    Column("event_id", _id, primary_key=True),
    Column("received_at", _instant, nullable=False, index=True),
)

heard_versions = Table(
    "heard_versions",
    metadata,
    Column("stream", String(40), primary_key=True),
    Column("subject", String(64), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("at", _instant, nullable=False),
    comment="of each subject other systems tell of: the newest version taken in; older ones are dropped",
)

revocations = Table(
    "revocations",
    metadata,
    Column("subject", String(64), primary_key=True),
    Column("version", Integer, nullable=False, comment="tokens made of an older state of the subject are refused"),
    Column("gone", Boolean, nullable=False, comment="no token of the subject is accepted at all"),
    Column("at", _instant, nullable=False, index=True),
    comment="whose internal tokens are refused before they expire",
)

HEARING_TABLES = (heard_versions, revocations)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", _id, primary_key=True),
    Column("queue", String(80), nullable=False),
    Column(
        "message_id", String(64), nullable=False, comment="of the fact; of one without an ID, the hash of its bytes"
    ),
    Column("key", String(200), nullable=False, comment="the routing key it came by"),
    Column("body", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False, comment="why it could not be handled, the last time"),
    Column("state", String(16), nullable=False),
    Column("times", Integer, nullable=False, comment="how often it was parked"),
    Column("note", Text, nullable=False, comment="why it was discarded"),
    Column("ended_by", String(64)),
    Column("ended_at", _instant, index=True),
    Column("version", Integer, nullable=False),
    Column("created_at", _instant, nullable=False),
    Column("updated_at", _instant, nullable=False),
    Index("uq_dead_letters_queue_message_id", "queue", "message_id", unique=True),
    Index("ix_dead_letters_state_id", "state", "id"),
    comment="facts that could not be handled, taken out of the queues for somebody to look at",
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("caller", String(64), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("created_at", _instant, nullable=False, index=True),
)

number_days = Table(
    "number_days",
    metadata,
    Column("kind", String(8), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("base", BigInteger, nullable=False),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("process", String(64), primary_key=True),
    Column("state", JSONB, nullable=False),
    Column("at", _instant, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", _id, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("owner_id", String(64), nullable=False),
    Column("claims", JSONB, nullable=False, comment="what the owner might do and see when asking"),
    Column("parameters", JSONB, nullable=False),
    Column("language", String(2), nullable=False),
    Column("state", String(16), nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer),
    Column("failed", Integer, nullable=False),
    Column("outcome", JSONB, nullable=False),
    Column("error", JSONB),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", _instant),
    Column("version", Integer, nullable=False),
    Column("created_at", _instant, nullable=False),
    Column("updated_at", _instant, nullable=False),
    Column("started_at", _instant),
    Column("ended_at", _instant),
    Index("ix_jobs_owner_id_id", "owner_id", "id"),
    Index("ix_jobs_open", "created_at", postgresql_where=text("state IN ('queued', 'running')")),
    Index("ix_jobs_ended_at", "ended_at"),
    comment="long work, taken by the workers",
)

job_files = Table(
    "job_files",
    metadata,
    Column("job_id", _id, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(16), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
    comment="what was sent with a job and what came of it, in parts",
)

job_errors = Table(
    "job_errors",
    metadata,
    Column("job_id", _id, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
    comment="rows of a file that were refused, and why",
)

JOB_TABLES = (jobs, job_files, job_errors)
