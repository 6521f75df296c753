"""What every Playdesk service stands on; it knows no service."""
