"""What is heard of other services."""
