"""Runs in Odoo's shell: as many chats and messages as rooms of Discuss, as `mail_gateway` makes them.

Its employees `gateway_0` and `gateway_1` are members: of all of them, as it makes each employee a member, and of the
newest thousand.
"""

from ..seed import TEXT, WORDS, analyze, with_indexes_later

THOUSAND = 1000
ROOMS = """
    INSERT INTO discuss_channel (name, channel_type, gateway_id, gateway_channel_token, uuid, active, last_interest_dt,
                                 create_uid, write_uid, create_date, write_date)
    SELECT 'Покупатель ' || n, 'gateway', %(gateway)s, 'bench-' || n, gen_random_uuid(), true,
           now() at time zone 'utc' - n * interval '3 minutes', 1, 1, now(), now()
      FROM generate_series(1, %(rooms)s) n
"""
GUESTS = """
    INSERT INTO mail_guest (name, access_token, create_uid, write_uid, create_date, write_date)
    SELECT name, gen_random_uuid(), 1, 1, now(), now() FROM discuss_channel WHERE gateway_id = %(gateway)s ORDER BY id
"""
MEMBERS = """
    INSERT INTO discuss_channel_member (channel_id, partner_id, guest_id, new_message_separator, last_interest_dt,
                                        create_uid, write_uid, create_date, write_date)
    SELECT c.id, m.partner_id, m.guest_id, 0, c.last_interest_dt, 1, 1, now(), now()
      FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM discuss_channel WHERE gateway_id = %(gateway)s) c
      JOIN mail_guest g ON g.name = c.name
     CROSS JOIN LATERAL (VALUES (NULL, g.id, 0), (%(of_all)s, NULL, 0), (%(of_some)s, NULL, c.n - %(some)s))
             AS m(partner_id, guest_id, beyond)
     WHERE m.beyond <= 0
"""
MESSAGES = """
    INSERT INTO mail_message (model, res_id, body, message_type, subtype_id, author_guest_id, date, message_id,
                              create_uid, write_uid, create_date, write_date)
    SELECT 'discuss.channel', c.id, '<p>' || {text} || '</p>', 'comment', %(subtype)s, m.guest_id,
           c.last_interest_dt - (%(messages)s - k) * interval '97 minutes', '<' || c.id || '-' || k || '@bench>',
           1, 1, now(), now()
      FROM discuss_channel c
      JOIN discuss_channel_member m ON m.channel_id = c.id AND m.guest_id IS NOT NULL
     CROSS JOIN generate_series(1, %(messages)s) k
     CROSS JOIN LATERAL (SELECT hashint8(c.id::bigint * 100003 + k) & 2147483647 AS h) d
     WHERE c.gateway_id = %(gateway)s
     ORDER BY 7, k
"""


def fill(env, gateway, rooms, messages):
    users = env["res.users"].search([("login", "in", ("gateway_0", "gateway_1"))], order="login")
    wish = {
        **WORDS,
        "gateway": gateway,
        "rooms": rooms,
        "messages": messages,
        "of_all": users[0].partner_id.id,
        "of_some": users[1].partner_id.id,
        "some": THOUSAND,
        "subtype": env.ref("mail.mt_comment").id,
    }
    for statement in (ROOMS, GUESTS, MEMBERS):
        env.cr.execute(statement, wish)
    with_indexes_later(env, "mail_message", MESSAGES.replace("{text}", TEXT), wish)
    analyze(env)
