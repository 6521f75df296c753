"""How the pages call: as the person signed in, any path of the API, one's own or a service's."""

from gateway.clients.api import Refused, Reply, Unavailable, api

__all__ = ["Refused", "Reply", "Unavailable", "api"]
