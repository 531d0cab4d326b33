from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import content_disposition, request


class MarketplaceExport(http.Controller):
    @http.route(
        "/crm_marketplace_chats/export/<int:conversation_id>", type="http", auth="user", methods=["GET"]
    )
    def export(self, conversation_id):
        """What is kept about the client of this chat, as a ZIP; for administrators of the chats."""
        env = request.env
        conversation = env["marketplace.conversation"].browse(conversation_id)
        try:
            if not env.user.has_group("crm_marketplace_chats.group_chats_manager"):
                raise AccessError(env._("Only administrators of the chats may take a client's data out."))
            conversation.check_access("read")
            conversation.ensure_one().exists().ensure_one()
        except (AccessError, MissingError, ValueError):
            return request.not_found()
        conversations = conversation._of_same_client()
        env["marketplace.reading"]._note(conversations, "export")
        # sudo: contacts and leads are told to the client as a whole, whoever may see them in the CRM
        content = conversations.sudo()._export_client()
        headers = [
            ("Content-Type", "application/zip"),
            ("Content-Disposition", content_disposition(f"client-{conversation.id}.zip")),
            ("Cache-Control", "no-store"),
        ]
        return request.make_response(content, headers)
