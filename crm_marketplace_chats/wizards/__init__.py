from . import marketplace_erase
