"""Players: who they are, how to find them, whose they are."""
