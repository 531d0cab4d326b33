from . import access_log, export, upload, webhook
