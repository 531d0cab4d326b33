"""Deliveries taken by this addon and by OCA's `mail_gateway` with its Telegram gateway, side by side."""
