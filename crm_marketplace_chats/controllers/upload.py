from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

from ..marketplaces.reading import clean, line
from ..models.pictures import SIZE_LIMIT


class MarketplaceUpload(http.Controller):
    @http.route(
        "/crm_marketplace_chats/upload/<int:conversation_id>", type="http", auth="user", methods=["POST"]
    )
    def upload(self, conversation_id, file=None, **_form):
        """Take a picture for a reply that is being written.

        :return: ``{"id", "name", "mimetype", "url"}``, or ``{"error"}`` in words
        """
        conversation = request.env["marketplace.conversation"].browse(conversation_id)
        try:
            conversation.check_access("read")
            name = conversation.exists() and conversation.display_name
        except (AccessError, MissingError):
            name = False
        if not name:
            return self._answer({"error": request.env._("The chat is not there any more.")})
        raw = file.read(SIZE_LIMIT + 1) if file else b""
        try:
            return self._answer(conversation._keep_picture(line(clean(file and file.filename or "")), raw))
        except UserError as refusal:
            return self._answer({"error": str(refusal)})

    @staticmethod
    def _answer(values):
        return request.make_json_response(values)
