from odoo import models


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def _web_push_send_notification(
        self, devices, private_key, public_key, payload_by_lang=None, payload=None
    ):
        """Override of `mail`, which asks the push services of few devices at once: with `push_by_job` no user's
        transaction waits for them."""
        if not self.env.context.get("push_by_job"):
            return super()._web_push_send_notification(
                devices, private_key, public_key, payload_by_lang=payload_by_lang, payload=payload
            )
        return self.env["mail.push"]._leave(
            [
                (device, payload_by_lang[device.partner_id.lang] if payload_by_lang else payload)
                for device in devices
            ]
        )
