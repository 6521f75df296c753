"""Tickets: a question, its solution, and the way between them."""
