"""Who did what, when, from where, and what it was before: written once, never changed, sealed in a chain.

`record(work, "player.exported", …)` writes an entry in the transaction of a piece of work; facts come by themselves.
"""

from gateway.audit.writing import record, record_at_once

__all__ = ["record", "record_at_once"]
