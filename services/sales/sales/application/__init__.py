"""What can be done: use cases, one verb each."""
