from . import upload, webhook
