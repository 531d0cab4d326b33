"""The work of the scheduled action that erases what was kept long enough. Odoo's shell runs it and gives `env`."""

env["marketplace.channel"]._erase_outdated()
env.cr.commit()
