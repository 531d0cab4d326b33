from . import export, upload, webhook
