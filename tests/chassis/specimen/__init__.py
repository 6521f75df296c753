"""The smallest service there can be: notes, on which the chassis is tried without any real service."""
