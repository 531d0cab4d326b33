"""Fills a dealership with conversations: set-based, since 100,000 messages one by one would take an hour.

Odoo's shell runs it and gives `env`. The variable BENCH holds JSON: {"channel", "conversations", "switched",
"long", "messages", "switched_messages", "few"}. The conversations are called «Клиент 1», «Клиент 2» …, newest first;
their messages end with «№ <number of the conversation>-<number of the message>».
"""

import json
import os

from odoo.addons.crm_marketplace_chats.models.bulk import commit_retrying

CONVERSATIONS = """
    INSERT INTO marketplace_conversation (channel_id, company_id, marketplace, external_id, active, buyer_name,
                                          listing_id, vehicle_id, create_uid, write_uid, create_date, write_date)
    SELECT c.id, c.company_id, c.marketplace, 'bench-' || n, true, 'Клиент ' || n,
           l.id, l.vehicle_id, 1, 1, now(), now()
      FROM generate_series(1, %(conversations)s) n
      JOIN marketplace_channel c ON c.id = %(channel)s
      LEFT JOIN LATERAL (
            SELECT id, vehicle_id FROM marketplace_listing
             WHERE channel_id = c.id ORDER BY (id * n) %% 101, id LIMIT 1
           ) l ON true
"""
MESSAGES = """
    INSERT INTO marketplace_message (channel_id, conversation_id, external_id, direction, kind, body, sent_at, state,
                                     create_uid, write_uid, create_date, write_date)
    SELECT c.channel_id, c.id, 'bench-' || c.id || '-' || k,
           CASE WHEN k %% 2 = 0 AND (k < w.messages OR w.number %% 3 > 0) THEN 'out' ELSE 'in' END, 'text',
           repeat('Здравствуйте, подскажите по автомобилю. ', 1 + (k * 7) %% 4) || '№ ' || w.number || '-' || k,
           w.ends - (w.messages - k) * interval '7 minutes',
           CASE WHEN k %% 2 = 0 AND (k < w.messages OR w.number %% 3 > 0) THEN 'sent' ELSE 'received' END,
           1, 1, now(), now()
      FROM (
            SELECT id, substr(external_id, 7)::int AS number,
                   CASE WHEN substr(external_id, 7)::int <= %(switched)s THEN %(switched_messages)s
                        ELSE %(few)s END AS messages,
                   now() at time zone 'utc' - substr(external_id, 7)::int * interval '3 minutes' AS ends
              FROM marketplace_conversation WHERE external_id LIKE 'bench-%%'
             UNION ALL
            SELECT %(long)s, 0, %(messages)s, now() at time zone 'utc' - interval '1 hour'
           ) w
      JOIN marketplace_conversation c ON c.id = w.id
     CROSS JOIN generate_series(1, w.messages) k
     ORDER BY w.number, k
"""


def seed(env):
    wish = json.loads(os.environ["BENCH"])
    env.cr.execute(CONVERSATIONS, wish)
    env.cr.execute(MESSAGES, wish)
    env.cr.commit()
    chats = env["marketplace.conversation"].with_context(active_test=False).search([])
    # The server runs: its scheduled actions write the same chats.
    commit_retrying(env, chats._recount)
    env.cr.execute("ANALYZE marketplace_conversation, marketplace_message")
    env.cr.commit()


seed(env)
