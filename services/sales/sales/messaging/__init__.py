"""What the service hears from the others."""
