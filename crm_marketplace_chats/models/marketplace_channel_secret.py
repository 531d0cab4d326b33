from odoo import api, fields, models


class MarketplaceChannelSecret(models.Model):
    """Where a channel's keys and tokens lie. Nobody has access rights to this model, admins included: the addon's own
    code reads it as superuser, and the channel's form can only write to it."""

    _name = "marketplace.channel.secret"
    _description = "Marketplace Channel Secret"
    _rec_name = "key"

    channel_id = fields.Many2one("marketplace.channel", required=True, ondelete="cascade", index=True)
    key = fields.Char(required=True)
    value = fields.Char(required=True)

    _channel_key = models.UniqueIndex("(channel_id, key)", "A channel keeps each key once.")

    @api.model
    def _read_all(self, channel):
        """All secrets of a channel as a dict."""
        return {secret.key: secret.value for secret in self.sudo().search([("channel_id", "=", channel.id)])}

    @api.model
    def _store(self, channel, key, value):
        """Set, replace or (with an empty value) forget one secret."""
        secret = self.sudo().search([("channel_id", "=", channel.id), ("key", "=", key)])
        if not value:
            secret.unlink()
        elif secret:
            secret.value = value
        else:
            secret.create({"channel_id": channel.id, "key": key, "value": value})
