"""Where things lie."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDON = "crm_marketplace_chats"
ADDON_DIR = ROOT / ADDON
SIMULATOR = "marketplace_simulator"
REQUIREMENTS = ROOT / "requirements-dev.txt"

CACHE = Path(os.environ.get("DEV_CACHE") or ROOT / ".dev").expanduser().resolve()
VENV = CACHE / "venv"
PYTHON = VENV / "bin" / "python"
LOGS = CACHE / "log"
SCREENSHOTS = CACHE / "screenshots"
FILESTORE = CACHE / "data" / "filestore"
