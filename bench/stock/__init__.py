"""How a large stock is read from its feed."""
