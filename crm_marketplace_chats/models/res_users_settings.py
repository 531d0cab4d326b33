"""How an employee likes to write. The screen gets these with the page (`user.settings`) and changes them itself."""

from odoo import api, fields, models

SEND_KEYS = [("enter", "Enter"), ("ctrl_enter", "Ctrl+Enter")]
UNDO_TIMES = [("0", "Send at once"), ("5", "5 seconds"), ("10", "10 seconds")]


class ResUsersSettings(models.Model):
    _inherit = "res.users.settings"

    chats_send_key = fields.Selection(SEND_KEYS, "A chat message is sent by", default="enter", required=True)
    chats_undo_time = fields.Selection(
        UNDO_TIMES,
        "A chat message can be taken back for",
        default="0",
        required=True,
        help="It leaves after this time, also when the browser is closed meanwhile.",
    )


class ResUsers(models.Model):
    _inherit = "res.users"

    chats_send_key = fields.Selection(
        SEND_KEYS,
        "A Chat Message Is Sent by",
        compute="_compute_chats_send_key",
        inverse="_inverse_chats_send_key",
    )
    chats_undo_time = fields.Selection(
        UNDO_TIMES,
        "A Chat Message Can Be Taken Back for",
        compute="_compute_chats_undo_time",
        inverse="_inverse_chats_undo_time",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return [*super().SELF_READABLE_FIELDS, "chats_send_key", "chats_undo_time"]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return [*super().SELF_WRITEABLE_FIELDS, "chats_send_key", "chats_undo_time"]

    @api.depends("res_users_settings_ids.chats_send_key")
    def _compute_chats_send_key(self):
        for user in self:
            # sudo: whoever administers users sees what they have chosen
            user.chats_send_key = user.sudo().res_users_settings_id.chats_send_key or SEND_KEYS[0][0]

    def _inverse_chats_send_key(self):
        for user in self:
            self.env["res.users.settings"]._find_or_create_for_user(user).chats_send_key = user.chats_send_key

    @api.depends("res_users_settings_ids.chats_undo_time")
    def _compute_chats_undo_time(self):
        for user in self:
            # sudo: as above
            user.chats_undo_time = user.sudo().res_users_settings_id.chats_undo_time or UNDO_TIMES[0][0]

    def _inverse_chats_undo_time(self):
        for user in self:
            self.env["res.users.settings"]._find_or_create_for_user(
                user
            ).chats_undo_time = user.chats_undo_time
