import json

from werkzeug.exceptions import BadRequest, NotFound

from odoo import SUPERUSER_ID, http
from odoo.http import request
from odoo.tools import consteq

#: Largest delivery taken, in bytes; more is answered with 413.
BODY_LIMIT = 1024 * 1024


class MarketplaceWebhook(http.Controller):
    """Takes deliveries: checks the address, stores the body, answers. Understanding it is a job's work."""

    @http.route(
        "/crm_marketplace_chats/hook/<int:channel_id>/<string:secret>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        max_content_length=BODY_LIMIT,
    )
    def receive(self, channel_id, secret, chat_id=None, **_query):
        """Answers 200 to whatever can be stored; Avito allows 2 seconds and asks for 200 to an empty object.

        :param chat_id: Auto.ru's ChatId, in the query; compared where it comes
        """
        env = request.env(user=SUPERUSER_ID)
        channel = env["marketplace.channel"].browse(channel_id).exists()
        if not channel or not self._same(secret, channel.webhook_secret) or not channel.active:
            raise NotFound()
        if chat_id and not self._same(chat_id, channel.autoru_chat_id or ""):
            raise NotFound()
        body = self._read_body()
        signature = request.httprequest.headers.get("x-avito-messenger-signature", "")
        if body and env["marketplace.event"]._store(channel, body, signature):
            env["marketplace.job"]._trigger("events")
        return request.make_response("", status=200)

    @staticmethod
    def _same(given, secret):
        return consteq(given.encode(), secret.encode())  # as bytes: a stranger may send any letters

    @staticmethod
    def _read_body():
        """:return: the body as it came, or an empty string for an empty object"""
        try:
            text = request.httprequest.get_data().decode()
            body = json.loads(text)
        except (ValueError, RecursionError):
            raise BadRequest("not JSON") from None
        if not isinstance(body, dict):
            raise BadRequest("not a JSON object")
        return text if body else ""
