"""`./dev bench`: how fast it is, measured on the whole system."""
