"""Rows: connections, units of work, paging, search, idempotency and the mask."""
