"""What the service hears from the others, and the loop that asks the game server."""
