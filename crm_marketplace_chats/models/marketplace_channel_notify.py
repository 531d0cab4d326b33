"""What screens are told of a batch; whom a buyer's message rings: open browsers by the bus, others by web push."""

from datetime import timedelta

from odoo import fields, models

#: Older messages are history or have been late for long: nobody is rung for them.
FRESH = timedelta(minutes=10)
#: The kinds that say nothing to anybody.
MUTE_KINDS = ("deleted", "system")
#: The type of the bus note that rings.
NOTICE = "crm_marketplace_chats.notice"
#: More messages than this in one batch (as many as deliveries bring in one) do not go along to the screens; from when
#: on they lack some of which chats, they are told by a note of that type.
LIVE_MESSAGES = 200
MISSED = "crm_marketplace_chats.messages_missed"


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    def _tell_screens(self, conversations, message_ids):
        """One note per batch, to those who may use the channel; before it another one, if messages are left out."""
        conversations = conversations.filtered("last_message_at")
        if not conversations:
            return
        store = self._store_for_screens().add(conversations)
        if len(message_ids) > LIVE_MESSAGES:
            self._bus_send(MISSED, {"chats": self._missed(message_ids)}, subchannel=self._bus_subchannel())
        else:
            store.add(self.env["marketplace.message"].browse(message_ids))
        store.bus_send()

    def _missed(self, message_ids):
        """:return: ``[{"id": chat, "since": moment of the oldest of these messages in it, "until": of the newest}]``"""
        self.env.cr.execute(
            """
            SELECT conversation_id, min(sent_at), max(sent_at) FROM marketplace_message WHERE id = ANY(%s)
             GROUP BY conversation_id
            """,
            (message_ids,),
        )
        return [
            {"id": chat, "since": fields.Datetime.to_string(since), "until": fields.Datetime.to_string(until)}
            for chat, since, until in self.env.cr.fetchall()
        ]

    # ------------------------------------------------------------ ringing

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
