"""Turns a fresh database into the demo's dealership, or brings the demo's up to date.

Odoo's shell runs it, any number of times, and gives `env`. The variable DEMO_SEED holds JSON:
{"odoo_url", "avito_url", "autoru_url", "deliveries"}. What a user can change in the demo (names, employees of a
channel) is set once; addresses and keys each time.
"""

import json
import os

from odoo import Command

LANGUAGE, TIME_ZONE = "ru_RU", "Europe/Moscow"
COMPANY = {
    "name": "Автосалон Север",
    "street": "Ярославское шоссе, 27",
    "city": "Москва",
    "zip": "129337",
    "phone": "+7 495 120-45-67",
    "email": "info@avtosalon-sever.example",
    "website": "https://avtosalon-sever.example",
    "vat": "7716123450",
}
MANAGERS = {"anna": "Анна Ковалёва", "ivan": "Иван Петров"}
MANAGER_GROUPS = ("crm_marketplace_chats.group_chats_user", "sales_team.group_sale_salesman")
FEED = "Выгрузка для Avito"
CHANNELS = {
    "avito": {
        "name": "Avito · Север",
        "users": ("anna", "ivan"),
        "keys": {"avito_client_id": "demo", "avito_client_secret": "demo-secret"},
    },
    "autoru": {
        "name": "Auto.ru · Север",
        "users": ("anna",),
        "keys": {
            "autoru_token": "demo-token",
            "autoru_login": "demo@example.ru",
            "autoru_password": "demo-password",
        },
    },
}


def set_company(env):
    company = env.ref("base.main_company")
    if company.name == COMPANY["name"]:
        return
    russia, rouble = env.ref("base.ru"), env.ref("base.RUB")
    rouble.active = True
    company.partner_id.write({"country_id": russia.id, "lang": LANGUAGE, "tz": TIME_ZONE})
    company.write({**COMPANY, "country_id": russia.id, "currency_id": rouble.id})
    env.ref("base.partner_admin").name = "Администратор"


def set_hours(env):
    """Open every day from 9 to 21 by Moscow's clock."""
    calendar = env.ref("base.main_company").resource_calendar_id
    if calendar.tz == TIME_ZONE:
        return
    days = [{"name": f"{day}", "dayofweek": f"{day}", "hour_from": 9, "hour_to": 21} for day in range(7)]
    calendar.write(
        {
            "name": "Салон: ежедневно с 9 до 21",
            "tz": TIME_ZONE,
            "attendance_ids": [Command.clear(), *(Command.create(day) for day in days)],
        }
    )


def set_managers(env):
    """Return the managers by login."""
    groups = [Command.link(env.ref(name).id) for name in MANAGER_GROUPS]
    users = env["res.users"].with_context(active_test=False, no_reset_password=True)
    managers = {}
    for login, name in MANAGERS.items():
        managers[login] = users.search([("login", "=", login)]) or users.create(
            {
                "login": login,
                "password": login,
                "name": name,
                "email": f"{login}@avtosalon-sever.example",
                "group_ids": groups,
            }
        )
    return managers


def set_language(env):
    everybody = env["res.users"].with_context(active_test=False).search([])
    everybody.filtered(lambda user: (user.lang, user.tz) != (LANGUAGE, TIME_ZONE)).write(
        {"lang": LANGUAGE, "tz": TIME_ZONE}
    )
    everybody.filtered("tour_enabled").tour_enabled = False


def set_channels(env, managers, urls):
    channels = env["marketplace.channel"].with_context(active_test=False)
    for marketplace, wanted in CHANNELS.items():
        values = {"base_url": urls[f"{marketplace}_url"], **wanted["keys"]}
        channel = channels.search([("name", "=", wanted["name"]), ("marketplace", "=", marketplace)])
        if channel:
            channel.write(values)
            continue
        users = [managers[login].id for login in wanted["users"]]
        channels.create(
            {
                **values,
                "name": wanted["name"],
                "marketplace": marketplace,
                "company_id": env.ref("base.main_company").id,
                "user_ids": [Command.set(users)],
            }
        )


def set_feed(env, urls):
    """The dealer's own XML, as he gives it to Avito."""
    url, feeds = (
        f"{urls['avito_url']}/feed/stock.xml",
        env["marketplace.feed"].with_context(active_test=False),
    )
    feed = feeds.search([("name", "=", FEED)])
    if feed:
        feed.url = url
    else:
        feeds.create({"name": FEED, "url": url, "company_id": env.ref("base.main_company").id})


def switch_deliveries_on(env):
    """The address holds the port, which may have changed: subscribe anew."""
    channel = env["marketplace.channel"].search([("marketplace", "=", "avito")], limit=1)
    channel.webhook_active = False
    channel.action_switch_webhook()


def seed(env):
    urls = json.loads(os.environ["DEMO_SEED"])
    env["ir.config_parameter"].set_param("web.base.url", urls["odoo_url"])
    set_company(env)
    set_hours(env)
    managers = set_managers(env)
    set_language(env)
    set_channels(env, managers, urls)
    env.cr.commit()  # the client keeps its token in a transaction of its own, which has to see the channel
    if urls["deliveries"]:
        set_feed(env, urls)
        switch_deliveries_on(env)
    env.cr.commit()


seed(env)
