"""OCA's mail_gateway: fetched into a folder of its own, installed in a database of its own."""

import hashlib
import shutil
from contextlib import contextmanager
from pathlib import Path

from devtools.paths import CACHE, PYTHON, ROOT, VENV
from devtools.process import run, say

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
FOLDER = CACHE / "mail_gateway"
KEPT_BOT = Path(__file__).with_name("kept_bot")
MODULE = "mail_gateway_telegram"


def ensure():
    """Return the folder with its packages, fetched when they are not there as the list says."""
    stamp, wanted = FOLDER / "made-of", hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        say("mail_gateway and what it needs")
        shutil.rmtree(FOLDER, ignore_errors=True)
        fetch = [VENV / "bin" / "uv", "pip", "install", "-q", "--no-deps", "--python", PYTHON]
        run("uv pip install", [*fetch, "--target", FOLDER, "-r", REQUIREMENTS], log="mail-gateway.log")
        stamp.write_text(wanted)
    return FOLDER


@contextmanager
def found(ground):
    """Let Odoo find it meanwhile, on the ground's servers."""
    folder, before = ensure(), ground.environment
    addons = [*ground.odoo.addons, ROOT, folder / "odoo" / "addons"]
    ground.options = ("--addons-path", ",".join(map(str, addons)))
    ground.environment = {**before, "PYTHONPATH": f"{before['PYTHONPATH']}:{folder}"}
    try:
        yield
    finally:
        ground.options, ground.environment = (), before


@contextmanager
def database(ground, name):
    """A database with it, and with what this addon depends on, so that both carry as much."""
    with found(ground), ground.database(name, with_addon=False) as made:
        ground.install(made, "-i", MODULE, log="bench-mail-gateway.log", name=MODULE)
        yield made


def connect(env, token):
    """Runs in Odoo's shell: a gateway that takes deliveries, and shows them to two employees."""
    # It lets nobody else read the accounts, which each room names.
    groups = env.ref("base.group_system") | env.ref("mail_gateway.gateway_user")
    users = (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            [
                {
                    "login": f"gateway_{n}",
                    "password": f"gateway_{n}",
                    "name": f"Gateway {n}",
                    "group_ids": [(6, 0, groups.ids)],
                }
                for n in range(2)
            ]
        )
    )
    gateway = env["mail.gateway"].create(
        {
            "name": "Telegram",
            "token": token,
            "gateway_type": "telegram",
            "webhook_key": "bench",
            "member_ids": [(6, 0, users.ids)],
        }
    )
    gateway.integrated_webhook_state = "integrated"
    env.cr.commit()
    return gateway.id
