"""What a person is told of a chat: in his browser, on his telephone, by Odoo's own notifications."""

from markupsafe import Markup

from odoo import SUPERUSER_ID, models

from .marketplace_channel_notify import NOTICE

ICON = "/crm_marketplace_chats/static/description/icon.png"


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    def _notice(self, users, **more):
        """What rings in the browsers of these users. It holds no text: that of the chat is on the screens already, and
        only where it may be."""
        self.ensure_one()
        loud = users.filtered("chats_sound")
        return {"conversation_id": self.id, "loud": loud.ids, "silent": (users - loud).ids, **more}

    def _push_payload(self, device):
        """What a closed browser shows: no more than a row of the list does. Shape: the Notification API's."""
        chat = self.with_context(lang=device.partner_id.lang)
        payload = {
            "title": " · ".join(filter(None, [chat._buyer_name(), chat.car_title])),
            "options": {
                "body": chat._preview(),
                "icon": ICON,
                # One notification for a chat, however much is written in it.
                "tag": f"crm_marketplace_chats.{self.id}",
                # mail's service worker opens /odoo/<model>/<res_id>: so it is the Chats screen.
                "data": {"model": "action-crm_marketplace_chats.action_chats", "res_id": self.id},
            },
        }
        return self.env["mail.thread"]._web_push_truncate_payload(payload)

    def _preview(self):
        """One line of the last message, or what it is."""
        self.ensure_one()
        kinds = dict(self.env["marketplace.message"]._fields["kind"]._description_selection(self.env))
        kinds["missed_call"] = self.env._("Missed Call")
        return self.last_message_preview or kinds.get(self.last_message_kind, "")

    # ------------------------------------------------------------ between colleagues

    def _tell_colleagues(self, users, reason, message):
        """Notify colleagues by Odoo's own means (inbox or e-mail, as each prefers) and ring in their browsers.

        :param reason: ``assigned`` or ``mentioned``
        :param message: gives subject and body (escaped, or markup), for this chat in the language of those who read it
        """
        self.ensure_one()
        # sudo: what colleagues have chosen for themselves
        for lang, readers in (users - self.env.user).sudo().grouped("lang").items():
            subject, body = message(self.with_context(lang=lang))
            # sudo: nobody needs rights on mail's messages to tell a colleague of a chat that both may see
            self.env["mail.thread"].sudo().with_context(lang=lang, push_by_job=True).message_notify(
                model=self._name,
                res_id=self.id,
                author_id=self.env.user.partner_id.id,
                partner_ids=readers.partner_id.ids,
                subject=subject,
                body=Markup('<p>%s</p><p><a href="/odoo/chats/%s">%s</a></p>')
                % (body, self.id, self.with_context(lang=lang).env._("Open the chat")),
                force_send=False,
            )
            for user in readers.filtered(lambda user: not user._has_quiet_hours()):
                notice = self._notice(user, reason=reason, author=self._acting_colleague())
                user._bus_send(NOTICE, {"notices": [notice]})

    def _acting_colleague(self):
        """The name of whoever does it; False for a scheduled action, which is nobody."""
        return self.env.uid != SUPERUSER_ID and self.env.user.name

    def _get_access_action(self, access_uid=None, force_website=False):
        """Override of `base`: links in notifications lead to the Chats screen."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": f"/odoo/chats/{self.id}", "target": "self"}
