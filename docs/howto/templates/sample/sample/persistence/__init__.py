"""Reads, scopes, and copies of others' records."""
