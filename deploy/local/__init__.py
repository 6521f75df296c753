"""The whole suite on one machine, with its own PostgreSQL, bus, game server and demo data."""
