"""Another system that hears of tickets: keeps a copy of each, and a note of every fact that took effect."""
