"""Reads, scopes, and copies kept from others' facts."""
