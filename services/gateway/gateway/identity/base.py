"""The metadata that all tables of the gateway share."""

from gateway.base import Base

__all__ = ["Base"]
