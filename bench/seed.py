"""A dealership with many chats, made in Odoo's shell by a few statements: one by one it would take hours.

Chats are numbered from 1, the newest message first; every 20th waits for an answer. Texts are put together from
`texts` by numbers, so that each run makes the same.
"""

import json

from odoo import Command

from odoo.addons.crm_marketplace_chats.models.marketplace_conversation import MarketplaceConversation

from . import texts

CARS, PARTNERS = 300, 1000
#: Chats counted anew in one statement.
PORTION = 5000

LISTINGS = """
    INSERT INTO marketplace_listing (channel_id, company_id, marketplace, external_id, title, price, state, vehicle_id,
                                     create_uid, write_uid, create_date, write_date)
    SELECT %(channel)s, %(company)s, 'avito', 'bench-' || p.id, p.vehicle_make || ' ' || p.vehicle_model || ', 2021',
           900000 + p.id * 1000, 'active', p.id, 1, 1, now(), now()
      FROM product_template p WHERE p.id = ANY(%(cars)s)
"""
CONVERSATIONS = """
    INSERT INTO marketplace_conversation (channel_id, company_id, marketplace, external_id, active, buyer_name,
                                          listing_id, vehicle_id, partner_id, user_id, is_noise, is_partial,
                                          create_uid, write_uid, create_date, write_date)
    SELECT %(channel)s, %(company)s, 'avito', 'bench-' || n, true,
           (%(names)s)[1 + h %% 30] || ' ' || (%(surnames)s)[1 + h / 30 %% 28],
           l.id, l.vehicle_id,
           CASE WHEN n %% 10 = 0 THEN (%(partners)s)[1 + n / 10 %% cardinality(%(partners)s)] END,
           CASE WHEN n %% 3 > 0 THEN (%(users)s)[1 + n %% 2] END, false, false, 1, 1, now(), now()
      FROM generate_series(1, %(conversations)s) n
     CROSS JOIN LATERAL (SELECT hashint4(n) & 2147483647 AS h) x
      JOIN (
            SELECT id, vehicle_id, row_number() OVER (ORDER BY id) - 1 AS place
              FROM marketplace_listing WHERE channel_id = %(channel)s
           ) l ON l.place = n %% %(listings)s
"""
#: Of the oldest first, as they would have come: chats lie scattered over the table.
MESSAGES = (
    """
    INSERT INTO marketplace_message (channel_id, conversation_id, external_id, direction, kind, body, sent_at, state,
                                     author_id, attempts, readings, create_uid, write_uid, create_date, write_date)
    SELECT %(channel)s, c.id, c.external_id || '-' || k, d.direction, 'text', """
    + "{text}"
    + """,
           now() at time zone 'utc' - c.n * interval '3 minutes' - (c.messages - k) * interval '97 minutes',
           CASE d.direction WHEN 'in' THEN 'received' ELSE 'sent' END,
           CASE d.direction WHEN 'out' THEN c.user_id END, 0, 0, 1, 1, now(), now()
      FROM (
            SELECT id, external_id, user_id, substr(external_id, 7)::int AS n,
                   coalesce((%(lengths)s::jsonb ->> substr(external_id, 7))::int, %(messages)s) AS messages
              FROM marketplace_conversation WHERE channel_id = %(channel)s
           ) c
     CROSS JOIN LATERAL generate_series(1, c.messages) k
     CROSS JOIN LATERAL (
            SELECT CASE WHEN k < c.messages AND k %% 2 = 1 OR k = c.messages AND c.n %% 20 = 0
                        THEN 'in' ELSE 'out' END AS direction,
                   hashint8(c.n::bigint * 100003 + k) & 2147483647 AS h
           ) d
     ORDER BY 7, k
"""
)
TEXT = """
    (%(openings)s)[1 + h %% 16] || ' ' || (%(sentences)s)[1 + h / 16 %% 36]
    || CASE h / 576 %% 4 WHEN 0 THEN ' ' || (%(all_cars)s)[1 + h / 2304 %% 30]
                         WHEN 1 THEN ' ' || 500 + h / 2304 %% 3000 || ' тысяч'
                         WHEN 2 THEN ', ' || (%(sentences)s)[1 + h / 2304 %% 36] ELSE '' END
    || CASE WHEN h %% 50 = 0 THEN ' тел. 8 9' || lpad((h %% 1000000000)::text, 9, '0') ELSE '' END
"""
WORDS = {
    "names": texts.NAMES,
    "surnames": texts.SURNAMES,
    "openings": texts.OPENINGS,
    "sentences": texts.SENTENCES,
    "all_cars": texts.CARS,
}


def fill(env, conversations, messages, lengths=None):
    """Make a channel with that many chats.

    :param messages: in each chat
    :param lengths: ``{number of a chat: other number of messages}``
    :return: number of the channel
    """
    channel = _channel(env)
    wish = {
        **WORDS,
        "channel": channel.id,
        "company": channel.company_id.id,
        "cars": _cars(env).ids,
        "listings": CARS,
        "partners": _partners(env).ids,
        "users": [channel.user_ids[0].id, env.uid],
        "conversations": conversations,
        "messages": messages,
        "lengths": json.dumps(lengths or {}),
    }
    env.flush_all()
    env.cr.execute(LISTINGS, wish)
    env.cr.execute(CONVERSATIONS, wish)
    with_indexes_later(env, "marketplace_message", MESSAGES.replace("{text}", TEXT), wish)
    _recount(env)
    analyze(env)
    return channel.id


def _channel(env):
    user = (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            {
                "login": texts.EMPLOYEE,
                "password": texts.EMPLOYEE,
                "name": "Анна Ковалёва",
                "lang": "ru_RU",
                "group_ids": [Command.link(env.ref("crm_marketplace_chats.group_chats_user").id)],
            }
        )
    )
    # Two channels: the rules have something to decide.
    channels = env["marketplace.channel"].create(
        [
            {"name": name, "marketplace": "avito", "user_ids": [Command.set(user.ids)], "turns_told": True}
            for name in ("Avito · Север", "Avito · Юг")
        ]
    )
    return channels[0]


def _cars(env):
    makes = [name.split(" ", 1) for name in texts.CARS]
    return env["product.template"].create(
        [
            {
                "name": f"{make} {model} {number}",
                "is_vehicle": True,
                "vehicle_make": make,
                "vehicle_model": model,
                "vehicle_vin": f"XTA21099{number:09}",
            }
            for number in range(CARS)
            for make, model in [makes[number % len(makes)]]
        ]
    )


def _partners(env):
    return env["res.partner"].create(
        [
            {"name": f"{texts.NAMES[n % 30]} {n}", "phone": f"+7 921 {n:03} 45 {n % 90 + 10}"}
            for n in range(PARTNERS)
        ]
    )


def with_indexes_later(env, table, statement, wish):
    """Insert a mass of rows, and build the indexes after that; what refers to what is right by construction."""
    env.cr.execute("SET LOCAL session_replication_role = replica")
    env.cr.execute("SET LOCAL maintenance_work_mem = '1GB'")
    env.cr.execute(
        """
        SELECT indexname, indexdef FROM pg_indexes
         WHERE tablename = %s AND indexname NOT IN (SELECT conname FROM pg_constraint)
        """,
        (table,),
    )
    indexes = env.cr.fetchall()
    for name, _definition in indexes:
        env.cr.execute(f'DROP INDEX "{name}"')
    env.cr.execute(statement, wish)
    for _name, definition in indexes:
        env.cr.execute(definition)
    env.cr.execute("SET LOCAL session_replication_role = DEFAULT")
    env.cr.commit()


def _recount(env):
    """What lists show of the chats. Answer times are not told: they take long, and nothing here looks at them."""
    chats = env["marketplace.conversation"].search([], order="id")
    for start in range(0, len(chats), PORTION):
        MarketplaceConversation._recount(chats[start : start + PORTION])
        env.invalidate_all()
    env.cr.execute("UPDATE marketplace_conversation SET clock_since = waiting_since")
    env.cr.commit()


def analyze(env):
    """As autovacuum would have done before long, whatever its next minute is."""
    with env.registry.cursor() as cr:
        cr._cnx.autocommit = True
        cr.execute("VACUUM ANALYZE")
