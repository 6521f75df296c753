"""How Playdesk is started: containers, charts, and one machine of its own."""
