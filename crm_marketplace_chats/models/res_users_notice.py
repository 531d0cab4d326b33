"""What a user wants to hear of the chats, and when."""

from odoo import fields, models

#: Which chats each choice rings for, by whether the chat is the user's and whether it is nobody's.
WANTED = {
    "all": lambda mine, unowned: True,
    "mine_unowned": lambda mine, unowned: mine or unowned,
    "mine": lambda mine, unowned: mine,
    "none": lambda mine, unowned: False,
}
NOTICE_FIELDS = ["chats_notify", "chats_sound", "chats_quiet_from", "chats_quiet_to"]


class ResUsers(models.Model):
    _inherit = "res.users"

    chats_notify = fields.Selection(
        [
            ("all", "All Chats"),
            ("mine_unowned", "Mine and Unowned"),
            ("mine", "Mine Alone"),
            ("none", "Nothing"),
        ],
        "Notify of Clients' Messages",
        default="mine_unowned",
        required=True,
    )
    chats_sound = fields.Boolean("Sound of New Messages", default=True)
    chats_quiet_from = fields.Float("Quiet From", help="In your time zone. The same hour twice: never quiet.")
    chats_quiet_to = fields.Float("Quiet Until")

    _chats_quiet_hours = models.Constraint(
        "CHECK (chats_quiet_from >= 0 AND chats_quiet_from < 24 AND chats_quiet_to >= 0 AND chats_quiet_to < 24)",
        "Quiet hours are times of a day.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return super().SELF_READABLE_FIELDS + NOTICE_FIELDS

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return super().SELF_WRITEABLE_FIELDS + NOTICE_FIELDS

    def _wants_notice(self, conversation):
        """Whether a message of a buyer in that chat is to ring for this user now."""
        self.ensure_one()
        owner = conversation.user_id
        return WANTED[self.chats_notify](owner == self, not owner) and not self._has_quiet_hours()

    def _has_quiet_hours(self):
        """Whether this user wants no sound and no notification at this moment. Hours may pass midnight."""
        self.ensure_one()
        start, end = self.chats_quiet_from, self.chats_quiet_to
        local = fields.Datetime.context_timestamp(
            self.with_context(tz=self.tz or "UTC"), fields.Datetime.now()
        )
        hour = local.hour + local.minute / 60
        return start <= hour < end if start <= end else hour >= start or hour < end
