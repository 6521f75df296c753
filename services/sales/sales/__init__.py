"""Sales: touches, and orders with their payments."""
