"""A dealership of the previous version. Odoo's shell runs this on that version's code, and gives `env`."""

import json
import os
from datetime import datetime, timedelta, timezone

from odoo import Command

from odoo.addons.crm_marketplace_chats.marketplaces.payload import (
    Batch,
    RemoteConversation,
    RemoteListing,
    RemoteMessage,
)

START = datetime(2026, 3, 2, 10, tzinfo=timezone.utc)
#: Who has the last word in each chat: a chat waits for an answer where that is the client.
CHATS = {"waiting": "in", "answered": "out", "ticked": "in", "unanswered": "in", "replied": "in"}


def message(chat, number, direction):
    at = START + timedelta(minutes=number)
    return RemoteMessage(f"{chat}-{number}", chat, direction, "text", at, body=f"{chat} {number}")


def user(env, login):
    groups = [Command.link(env.ref("crm_marketplace_chats.group_chats_user").id)]
    return env["res.users"].create({"login": login, "name": login.title(), "group_ids": groups})


def channel(env, name, marketplace, users, **keys):
    values = {"name": name, "marketplace": marketplace, "history_done": True, "user_ids": users.ids, **keys}
    return env["marketplace.channel"].create(values)


def fill(env):
    olga, petr = user(env, "olga"), user(env, "petr")
    keys = {"avito_client_id": "client-of-before", "avito_client_secret": "secret-of-before"}
    avito = channel(env, "Avito before", "avito", olga | petr, **keys)
    keys = {"autoru_token": "token-of-before", "autoru_login": "salon@example.ru", "autoru_password": "pass"}
    autoru = channel(env, "Auto.ru before", "autoru", olga, **keys)
    channel(env, "Without keys", "avito", olga)
    for place in (avito, autoru):
        listing = RemoteListing("car", "Lada Vesta, 2023", price=1_500_000, state="active")
        chats = [RemoteConversation(name, buyer_name=f"Buyer {name}", listing=listing) for name in CHATS]
        words = [message(name, 0, "in") for name in CHATS]
        words += [message(name, 1, last) for name, last in CHATS.items()]
        place._apply_batch(Batch(tuple(chats), tuple(words), (listing,)))
    conversations = env["marketplace.conversation"].with_user(olga).search([])
    for conversation in conversations:
        if conversation.external_id == "ticked":
            conversation.chats_tick(max(conversation.message_ids.ids))
        if conversation.external_id == "replied":
            conversation.chats_post("reply of before", f"key-of-before-{conversation.id}")
    templates = {"name": "Own words", "shortcut": "own", "body": "It costs {{price}}"}
    env["marketplace.template"].create(templates)
    env["marketplace.event"]._store(avito, '{"left": "by before"}')


def told(env):
    """What has to be the same afterwards; of what both versions can say."""
    channels = env["marketplace.channel"].search([], order="id")
    fields = {
        "marketplace.conversation": ["external_id", "buyer_name", "car_title", "is_unprocessed", "user_id"],
        "marketplace.message": ["external_id", "direction", "state", "body", "key", "author_id"],
        "marketplace.listing": ["external_id", "title", "price", "state"],
        "marketplace.event": ["channel_id", "state"],
        "marketplace.template": ["name", "shortcut", "body"],
    }
    return {
        "settings": [one._client_settings() for one in channels],
        "employees": [one.user_ids.ids for one in channels],
        **{name: env[name].search([], order="id").read(columns) for name, columns in fields.items()},
        "numbers": {
            login: numbers(env, env["res.users"].search([("login", "=", login)]))
            for login in ("olga", "petr")
        },
    }


def numbers(env, employee):
    Conversation = env["marketplace.conversation"].with_user(employee)
    counts = Conversation.chats_counts()
    return {view: [counts[view], len(Conversation.chats_list(view)["ids"])] for view in ("waiting", "mine")}


if not env["marketplace.channel"].search([]):
    fill(env)
    env.cr.commit()
with open(os.environ["TOLD"], "w") as file:
    json.dump(told(env), file, indent=1, sort_keys=True, default=str)
