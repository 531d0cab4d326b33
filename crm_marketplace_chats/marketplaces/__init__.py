"""The outside world, in plain Python: nothing in this package imports odoo."""

from . import autoru, avito
from .base import MarketplaceClient, SessionStore, client_class, known_marketplaces, register

__all__ = ["MarketplaceClient", "SessionStore", "autoru", "avito", "client_class", "known_marketplaces", "register"]
