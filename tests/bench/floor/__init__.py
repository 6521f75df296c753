"""The floors: bare Flask with SQLAlchemy behind the same gunicorn, and bare loops on the bus."""
