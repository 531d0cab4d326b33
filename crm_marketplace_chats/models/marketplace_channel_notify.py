"""Whom a buyer's message rings: open browsers by the bus, closed ones by web push."""

from datetime import timedelta

from odoo import fields, models

#: Older messages are history or have been late for long: nobody is rung for them.
FRESH = timedelta(minutes=10)
#: The kinds that say nothing to anybody.
MUTE_KINDS = ("deleted", "system")
#: The type of the bus note that rings.
NOTICE = "crm_marketplace_chats.notice"


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    def _ring(self, message_ids):
        """Ring for what buyers have just written. For jobs: within the transaction that stores the messages, so that
        screens know them before they ring; nothing is sent from here but by the bus and by mail's own job."""
        self.ensure_one()
        listeners = self._listeners()
        if not listeners:
            return
        fresh = self.env["marketplace.message"]._read_group(
            [
                ("id", "in", message_ids),
                ("direction", "=", "in"),
                ("kind", "not in", MUTE_KINDS),
                ("is_noise", "!=", True),
                ("sent_at", ">=", fields.Datetime.now() - FRESH),
                # Not those that are answered already.
                ("conversation_id.is_unprocessed", "=", True),
            ],
            ["conversation_id"],
        )
        rung = {
            conversation: listeners.filtered(lambda user, chat=conversation: user._wants_notice(chat))
            for (conversation,) in fresh
        }
        notices = [conversation._notice(users) for conversation, users in rung.items() if users]
        if notices:
            self._bus_send(NOTICE, {"notices": notices}, subchannel=self._bus_subchannel())
            self._push(rung)

    def _listeners(self):
        """The employees whom this channel rings. Administrators see all channels; those that name them ring."""
        return self.sudo().user_ids.filtered(
            lambda user: (
                user.active
                and self.company_id in user.company_ids
                and user.has_group("crm_marketplace_chats.group_chats_user")
            )
        )

    def _push(self, rung):
        """Leave a web push to mail's job, one for each chat and device.

        :param rung: users by conversation
        """
        partners = self.env["res.partner"].union(*(users.partner_id for users in rung.values()))
        devices, *_keys = self.env["mail.thread"]._web_push_get_partners_parameters(partners.ids)
        self.env["mail.push"]._leave(
            [
                (device, conversation._push_payload(device))
                for conversation, users in rung.items()
                for device in devices
                if device.partner_id in users.partner_id
            ]
        )
