"""Facts: events, the outbox they leave by, the bus that carries them, the inbox they arrive in."""
