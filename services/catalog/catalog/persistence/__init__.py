"""Reads, scopes and locks."""
