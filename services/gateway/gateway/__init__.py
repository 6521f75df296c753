"""The gateway: who may do what, the home page, the web UI, and the one address of the API."""
