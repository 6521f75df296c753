"""`make bench`: what Playdesk does, measured against bare floors in the same run (rows B1 to B14 of the figures)."""
