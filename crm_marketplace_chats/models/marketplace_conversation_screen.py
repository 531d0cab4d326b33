"""What the Chats screen asks. Shapes of the answers: docs/architecture.md."""

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.mail.tools.discuss import Store

#: Rows of the list, messages of a thread.
PAGE = 50


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    def _to_store_defaults(self, target):
        return [
            Store.One("channel_id", []),
            "marketplace",
            "last_message_at",
            "last_message_preview",
            "last_message_kind",
            "last_message_direction",
            "last_message_state",
            "unread_count",
            "is_unprocessed",
            "waiting_since",
            "amber_at",
            "goal_at",
            "snoozed_until",
            "due_since",
            "last_message_id",
            "is_noise",
            Store.Attr("is_blocked", lambda c: c._is_closed()),
            "has_gap",
            "url",
            "car_title",
            Store.Attr("buyer_name", lambda c: c._buyer_name()),
            Store.Attr("thumb_url", lambda c: c._thumb_url()),
            Store.Attr(
                "responsible",
                lambda c: bool(c.user_id) and {"id": c.user_id.id, "name": c.user_id.sudo().name},
            ),
            Store.Attr("vehicle_id", lambda c: c.vehicle_id.id),
            Store.Attr("listing_id", lambda c: c.listing_id.id),
            Store.Attr("lead_id", lambda c: c.lead_id.id),
        ]

    def _thumb_url(self):
        """The car's picture: of the car in stock, else of the listing."""
        # sudo: both are shown to everybody who reads the chat
        vehicle, listing = self.vehicle_id.sudo(), self.listing_id.sudo()
        if vehicle.image_128:
            return (
                f"/web/image/product.template/{vehicle.id}/image_128?unique={vehicle.write_date:%Y%m%d%H%M%S}"
            )
        if listing.image_copied_url:
            return f"/web/image/marketplace.listing/{listing.id}/image/128x128"
        return False

    # ------------------------------------------------------------ the screen

    @api.model
    @api.readonly
    def chats_start(self):
        # Those switched off too: their chats remain readable, and each says why nothing can be written in it.
        channels = self.env["marketplace.channel"].with_context(active_test=False).search([])
        return {
            "store": Store().add(channels).get_result(),
            "channel_ids": channels.ids,
            "counts": self.chats_counts(),
            "filters": self.env["marketplace.filter"]._of_user(),
            "user_lang": self.env.user.lang,
        }

    # ------------------------------------------------------------ one conversation

    def chats_tick(self, last_message_id):
        """Everything up to the message that the manager saw is processed, here and at the marketplace."""
        self.ensure_one()
        self.check_access("read")
        self._tick({self.id: self._own_message(last_message_id)._before_note().id})
        return {"store": Store().add(self).get_result()}

    def chats_make_vehicle(self):
        self.ensure_one()
        self.check_access("write")
        listing = self.listing_id
        if not listing:
            raise UserError(self.env._("This chat has no listing to make a car from."))
        # sudo: employees need no rights on products for the one car they talk about
        listing.sudo()._make_vehicle()
        listing.sudo().conversation_ids.write({"vehicle_id": listing.vehicle_id.id})
        self.invalidate_recordset()
        return {"store": Store().add(self).get_result(), "panel": self.chats_panel()}
