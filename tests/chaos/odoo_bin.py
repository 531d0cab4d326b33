"""Odoo's own command, less the process for websockets, which it would start from here: nobody has a browser open."""

import odoo.cli
from odoo.service.server import PreforkServer

PreforkServer.long_polling_spawn = lambda _server: None
odoo.cli.main()
