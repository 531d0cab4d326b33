"""The chaos run: everything at once, while everything around it breaks; then both sides are compared."""
