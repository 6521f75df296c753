"""Tables as files: xlsx and csv written so that they are harmless, and read as if they were not."""
