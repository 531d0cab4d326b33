"""What no log may tell: keys, tokens, addresses of deliveries, texts of messages, names and telephones of buyers."""

import json

#: Shorter words stand in a log by chance.
SHORTEST = 8
SECRETS = """
    select json_agg(v) from (
        select value as v from marketplace_channel_secret
        union all select webhook_secret from marketplace_channel
        union all select autoru_chat_id from marketplace_channel
        union all select body from marketplace_message where direction <> 'note'
        union all select buyer_name from marketplace_conversation
        union all select data->'call'->>'phone' from marketplace_message
    ) told where v is not null
"""


def secrets_of(odoo):
    """Everything of that kind that the database holds; of a session that is kept as JSON, each of its values."""
    found = set()
    for value in json.loads(odoo.query(SECRETS) or "[]"):
        found |= set(values_in(value))
    return {one for one in found if len(one) >= SHORTEST}


def values_in(value):
    try:
        session = json.loads(value)
    except ValueError:
        session = None
    if not isinstance(session, dict):
        # A log has one line for each of a text's.
        return [line.strip() for line in value.splitlines()]
    # The number of an account is part of addresses, and no secret.
    return [part for part in session.values() if isinstance(part, str) and not part.isdecimal()]


def told_in_log(odoo, also=()):
    """Secrets that stand in the server's log."""
    log = odoo.log.read_text()
    return sorted(one for one in secrets_of(odoo) | set(also) if one in log)
