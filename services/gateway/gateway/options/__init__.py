"""Options: the lists of codes that forms offer, in the company's own words and order, with codes of its own (G9)."""
