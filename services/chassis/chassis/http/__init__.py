"""HTTP: the application, who calls, the errors, and the documents made from the routes."""
