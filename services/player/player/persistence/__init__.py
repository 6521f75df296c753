"""Reads, scopes, search, and copies kept from others' facts."""
