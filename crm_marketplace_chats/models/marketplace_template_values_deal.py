"""Texts that are not chosen by an employee but made for an occasion: a test drive, a car sold, a price cut."""

from odoo import fields, models

#: Similar cars in one text: with their addresses they have to fit into what a marketplace takes.
SIMILAR = 3


class MarketplaceTemplate(models.Model):
    _inherit = "marketplace.template"

    usage = fields.Selection(
        [
            ("reply", "Quick Reply"),
            ("visit", "Test Drive Confirmed"),
            ("reminder", "Reminder of the Test Drive"),
            ("sold", "Car Sold"),
            ("price", "Price Cut"),
        ],
        "Used As",
        default="reply",
        required=True,
    )

    def _placeholders(self):
        return super()._placeholders() | {
            "visit": (self.env._("time of the test drive"), lambda c, car: c._visits()[:1]._visit_moment()),
            "similar": (
                self.env._("similar cars with links"),
                lambda c, car: self._similar_in_words(c),
            ),
        }

    def _similar_in_words(self, conversation):
        """One line for each car that is advertised at the chat's marketplace; as many as fit into the text."""
        if not conversation:
            return ""
        room = conversation.channel_id._client_class().text_limit * 2 // 3
        lines = []
        for vehicle in conversation._similar_vehicles():
            listing = vehicle._listing_at(conversation.marketplace)
            if not listing or len(lines) == SIMILAR:
                continue
            line = " — ".join(
                filter(None, [vehicle.vehicle_title, self._format_price(vehicle.list_price), listing.url])
            )
            if sum(map(len, lines)) + len(line) > room:
                break
            lines.append(line)
        return "\n".join(lines)

    def _fitting(self, conversation):
        """Override: those of one occasion; an employee chooses among quick replies alone."""
        usage = self.env.context.get("template_usage", "reply")
        return super()._fitting(conversation).filtered(lambda template: template.usage == usage)

    def _text_for(self, usage, conversation):
        """The text of an occasion for one chat. For superusers.

        :return: ``{"body", "missing"}``; an empty body where there is no template of it
        """
        fitting = self.with_context(template_usage=usage)._fitting(conversation)
        # What was written for this channel or marketplace goes before what was written for all.
        chosen = fitting.sorted(lambda one: (not one.channel_ids, not one.marketplace, not one.company_id))[
            :1
        ]
        return chosen._fill(conversation)[0] if chosen else {"body": "", "missing": []}
