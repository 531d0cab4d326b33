"""Everything that is kept about one client, for the client."""

import io
import json
import zipfile

from odoo import fields, models

#: What of each record belongs to the client; names are those of the fields.
CONVERSATION = (
    "marketplace",
    "external_id",
    "buyer_name",
    "buyer_external_id",
    "car_title",
    "url",
    "create_date",
)
MESSAGE = ("sent_at", "direction", "kind", "body", "data", "state")
PARTNER = ("name", "phone", "email", "street", "zip", "city")
LEAD = ("name", "contact_name", "phone", "email_from", "create_date")


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    def action_export_client(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/crm_marketplace_chats/export/{self.id}",
            "target": "download",
        }

    def _export_client(self):
        """A ZIP with what these chats, their contacts and leads hold: ``client.json``, ``messages.txt`` to be read,
        and the files.

        :return: bytes
        """
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
            told = json.dumps(self._client_as_json(), ensure_ascii=False, indent=2, default=str)
            archive.writestr("client.json", told)
            archive.writestr("messages.txt", "\n\n".join(chat._as_text() for chat in self))
            for message in self.message_ids:
                for file in message.attachment_ids:
                    archive.writestr(f"files/{message.id}-{file.id}-{_file_name(file.name)}", file.raw or b"")
        return written.getvalue()

    def _client_as_json(self):
        return {
            "exported_at": f"{fields.Datetime.now()} UTC",
            "contacts": self.partner_id.read(PARTNER, load=None),
            "leads": self.lead_id.read(LEAD, load=None),
            "chats": [
                {
                    **chat.read(CONVERSATION, load=None)[0],
                    "messages": [
                        {
                            **message.read(MESSAGE, load=None)[0],
                            "files": [
                                f"{message.id}-{file.id}-{_file_name(file.name)}"
                                for file in message.attachment_ids
                            ],
                        }
                        for message in chat._oldest_first()
                    ],
                }
                for chat in self
            ],
        }

    def _oldest_first(self):
        return self.message_ids.sorted(lambda message: (message.sent_at, message.id))

    def _as_text(self):
        kinds = dict(self.message_ids._fields["kind"]._description_selection(self.env))
        who = {"in": self._buyer_name(), "out": self.company_id.name, "note": self.env._("Internal Note")}
        lines = [f"{self.channel_id.name} · {self.car_title or ''}"]
        for message in self._oldest_first():
            at = fields.Datetime.context_timestamp(self, message.sent_at)
            lines.append(
                f"{at:%Y-%m-%d %H:%M} {who[message.direction]}: {message.body or kinds[message.kind]}"
            )
        return "\n".join(lines)


def _file_name(name):
    """A name that leads nowhere outside the archive."""
    return "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name)[-80:]
