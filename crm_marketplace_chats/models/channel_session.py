"""Where a client's tokens are kept between requests. See `marketplaces.base.SessionStore`."""

import json
from contextlib import contextmanager, nullcontext

from odoo import SUPERUSER_ID, api

#: Under which the tokens lie among the secrets, and under whose name they are renewed; see `marketplace.job._hold`.
SESSION_KEY = "session"


class FreshSession:
    """Tokens kept for one check only, so that it tries the keys themselves."""

    def __init__(self):
        self._session = {}

    def load(self):
        return dict(self._session)

    def save(self, session):
        self._session = dict(session)

    def lock(self):
        return nullcontext()


class ChannelSession:
    """A client's tokens, kept beside the channel's keys in short transactions of their own: a token must outlive the
    failure of what it was renewed for."""

    def __init__(self, channel):
        self._registry = channel.env.registry
        self._channel_id = channel.id

    @contextmanager
    def _channel(self):
        with self._registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})["marketplace.channel"].browse(self._channel_id)

    def load(self):
        with self._channel() as channel:
            return json.loads(
                channel.env["marketplace.channel.secret"]._read_all(channel).get(SESSION_KEY) or "{}"
            )

    def save(self, session):
        with self._channel() as channel:
            channel.env["marketplace.channel.secret"]._store(channel, SESSION_KEY, json.dumps(dict(session)))

    @contextmanager
    def lock(self):
        with self._channel() as channel:
            channel.env["marketplace.job"]._hold(channel.id, SESSION_KEY, wait=True)
            yield
