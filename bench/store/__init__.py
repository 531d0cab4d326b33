"""Storing what buyers write: this addon, Odoo's own `message_post`, and a bare INSERT of the same rows."""
