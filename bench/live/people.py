"""Makes managers «m1», «m2» …, whose password is anna's. Odoo's shell runs it and gives `env`.

The variable BENCH holds how many; all of them may use every channel.
"""

import os

from odoo.fields import Command


def hire(env, number):
    anna = env["res.users"].search([("login", "=", "anna")])
    users = env["res.users"].with_context(no_reset_password=True)
    managers = users.create(
        [
            {"login": f"m{n}", "name": f"Менеджер {n}", "group_ids": [Command.set(anna.group_ids.ids)]}
            for n in range(1, number + 1)
        ]
    )
    managers.write({"lang": anna.lang, "tz": anna.tz, "tour_enabled": False})
    # The same password for all: hashing it takes a fifth of a second each time.
    env.cr.execute(
        "UPDATE res_users SET password = (SELECT password FROM res_users WHERE id = %s) WHERE id = ANY(%s)",
        (anna.id, managers.ids),
    )
    env["marketplace.channel"].search([]).user_ids = [Command.link(manager.id) for manager in managers]
    env.cr.commit()


hire(env, int(os.environ["BENCH"]))
