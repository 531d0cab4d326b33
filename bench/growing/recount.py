"""Reckons what follows from the messages for all chats. Odoo's shell runs it and gives `env`."""

chats = env["marketplace.conversation"].search([])
for start in range(0, len(chats), 2000):
    chats[start : start + 2000]._recount()
    env.cr.commit()
