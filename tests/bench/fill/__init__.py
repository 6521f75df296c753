"""Fills the databases of a suite by COPY: players, tickets and sales with their copies, as after months of work."""
