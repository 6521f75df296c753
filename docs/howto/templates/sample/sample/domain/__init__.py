"""Tables with their rules; no I/O."""
