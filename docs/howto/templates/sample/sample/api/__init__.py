"""The routes, and the form of what comes in and goes out."""
