import json

from odoo import api, models


class MailPush(models.Model):
    _inherit = "mail.push"

    @api.model
    def _leave(self, pushes):
        """Leave notifications to mail's own job.

        :param pushes: pairs of a `mail.push.device` and a payload
        """
        if pushes:
            # sudo: the queue is nobody's
            self.sudo().create(
                [
                    {"mail_push_device_id": device.id, "payload": json.dumps(payload)}
                    for device, payload in pushes
                ]
            )
            self.env.ref("mail.ir_cron_web_push_notification").sudo()._trigger()
