"""What a quick reply says of working hours, and what one may name that is sent outside of them by itself."""

from odoo import api, models
from odoo.exceptions import ValidationError

from .marketplace_template_values import PLACEHOLDER, fill_text

#: Values that are known whatever the chat is about.
ALWAYS_KNOWN = {"opening", "company", "phone", "address", "client"}


class MarketplaceTemplate(models.Model):
    _inherit = "marketplace.template"

    @api.model
    def _placeholders(self):
        return {
            **super()._placeholders(),
            "opening": (
                self.env._("opening time"),
                lambda c, car: c.channel_id._opening_words(),
            ),
        }

    @api.model
    def _fitting(self, conversation):
        """A text that says when the channel opens is for the time in which it is closed."""
        fitting = super()._fitting(conversation)
        while_closed = fitting.filtered(lambda template: fill_text(template.body, {"opening": ""})[1])
        if while_closed and not conversation.channel_id._opening_words():
            fitting -= while_closed
        return fitting

    def _fill_closed(self, chats, opening):
        """Texts that are sent by themselves; the opening is the same for all.

        :return: ``{conversation: text}``, without those in which a value is not known
        """
        self.ensure_one()
        template = self.with_context(lang=self.lang or self.env.lang)
        named = {match[1] for match in PLACEHOLDER.finditer(template.body)} - {"opening"}
        values = template._placeholders()
        texts = {}
        for chat in chats:
            known = {name: str(values[name][1](chat, chat.vehicle_id) or "") for name in named}
            text, missing = fill_text(template.body, known | {"opening": opening})
            if not missing:
                texts[chat] = text
        return texts

    @api.constrains("body")
    def _check_autoreplies(self):
        # sudo: channels of other companies may use it too
        used = (
            self.env["marketplace.channel"]
            .sudo()
            .search([("autoreply_template_id", "in", self.ids), ("autoreply_active", "=", True)])
        )
        used.autoreply_template_id._check_always_known()

    def _check_always_known(self):
        for template in self:
            doubtful = {match[1] for match in PLACEHOLDER.finditer(template.body or "")} - ALWAYS_KNOWN
            if doubtful:
                raise ValidationError(
                    self.env._(
                        "Outside working hours a text is sent by itself, so it cannot name %(names)s.",
                        names=", ".join(f"{{{{{name}}}}}" for name in sorted(doubtful)),
                    )
                )
