"""The outside world, in plain Python: nothing in this package imports odoo."""

from . import avito, autoru  # noqa: I001  importing registers them, in the order people see
from .base import MarketplaceClient, SessionStore, client_class, known_marketplaces, register

__all__ = [
    "MarketplaceClient",
    "SessionStore",
    "autoru",
    "avito",
    "client_class",
    "known_marketplaces",
    "register",
]
