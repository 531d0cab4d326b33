import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..marketplaces import known_marketplaces
from .pictures import fit_picture

WORD = r"[\w-]+"


class MarketplaceTemplateCategory(models.Model):
    """A heading under which quick replies stand."""

    _name = "marketplace.template.category"
    _description = "Category of Quick Replies"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)


class MarketplaceTemplate(models.Model):
    """A quick reply, everybody's or one employee's own. Its text may name values of the very car and client:
    ``{{car}}``, ``{{mileage|to be told}}`` … (see marketplace_template_values.py)."""

    _name = "marketplace.template"
    _description = "Quick Reply"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    shortcut = fields.Char(help="Typed after a slash in the message, e.g. /price.")
    category_id = fields.Many2one(
        "marketplace.template.category",
        index="btree_not_null",
        ondelete="set null",
        group_expand="_read_group_category_id",
    )
    body = fields.Text("Text", required=True, translate=True)
    attachment_ids = fields.Many2many(
        "ir.attachment", "marketplace_template_picture_rel", string="Pictures", copy=False
    )
    user_id = fields.Many2one(
        "res.users",
        "Own Template Of",
        default=lambda self: self._default_user_id(),
        copy=False,
        index="btree_not_null",
        ondelete="cascade",
        help="Offered to this employee alone. Empty: to everybody.",
    )
    company_id = fields.Many2one("res.company", help="Empty: for all companies.")
    marketplace = fields.Selection(lambda self: known_marketplaces(), help="Empty: for all marketplaces.")
    channel_ids = fields.Many2many("marketplace.channel", string="Channels", help="Empty: for all channels.")
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        "Language",
        help="Offered first to clients who speak it, and filled in in it.",
    )
    uses = fields.Integer("Sent", compute="_compute_uses", compute_sudo=True)

    @api.model
    def _default_user_id(self):
        """What an employee makes is his own; an administrator makes them for everybody."""
        return not self.env.user.has_group("crm_marketplace_chats.group_chats_manager") and self.env.user

    @api.model
    def _read_group_category_id(self, categories, domain):
        return categories.search([])

    def _compute_uses(self):
        counted = self.env["marketplace.template.use"]._read_group(
            [("template_id", "in", self.ids)], ["template_id"], ["uses:sum"]
        )
        uses = {template.id: number for template, number in counted}
        for template in self:
            template.uses = uses.get(template.id, 0)

    @api.constrains("body")
    def _check_body(self):
        for template in self:
            unknown = template._unknown_values(template.body)
            if unknown:
                raise ValidationError(
                    self.env._(
                        "There is no value %(names)s.",
                        names=", ".join(f"{{{{{name}}}}}" for name in sorted(unknown)),
                    )
                )

    @api.constrains("shortcut")
    def _check_shortcut(self):
        for template in self.filtered("shortcut"):
            if not re.fullmatch(WORD, template.shortcut):
                raise ValidationError(self.env._("A shortcut is one word, without a slash."))

    @api.constrains("attachment_ids")
    def _check_pictures(self):
        for picture in self.attachment_ids:
            fit_picture(self.env, picture.raw or b"")

    # ------------------------------------------------------------ rights

    @api.model_create_multi
    def create(self, vals_list):
        templates = super().create(vals_list)
        templates._take_pictures()
        return templates

    def write(self, vals):
        result = super().write(vals)
        if "user_id" in vals:
            # What was his own may not become everybody's, nor somebody else's, by his own hand.
            self.check_access("write")
        if "attachment_ids" in vals:
            self._take_pictures()
        return result

    def _take_pictures(self):
        """Whoever may read the template may see its pictures; under the user's own rights, so that nobody takes a
        file that is not his."""
        for template in self:
            template.attachment_ids.filtered(lambda picture: not picture.res_id).write(
                {"res_model": self._name, "res_id": template.id}
            )

    def copy(self, default=None):
        copies = super().copy(default)
        for template, copied in zip(self, copies, strict=True):
            copied.attachment_ids = template._own_pictures().copy({"res_id": copied.id})
        return copies

    def _own_pictures(self):
        """As superuser: whoever may read the template may see them. Files of anything else are none."""
        return self.sudo().attachment_ids.filtered(
            lambda picture: picture.res_model == self._name and picture.res_id in self.ids
        )

    # ------------------------------------------------------------ to the screen

    @api.model
    def _offered(self, conversation):
        """The quick replies that fit a conversation, filled in: those in the client's language first, then those
        that this employee, that all have sent most often. Shape: docs/architecture.md."""
        fitting = self._fitting(conversation)
        mine, everybodys = fitting._numbers_of_uses()
        lang = conversation.sudo().partner_id.lang or self.env.user.lang
        langs = dict(self.env["res.lang"].get_installed())
        ordered = fitting.sorted(
            lambda t: (t.lang not in (False, lang), -mine.get(t.id, 0), -everybodys.get(t.id, 0))
        )
        return [
            {
                "id": template.id,
                "name": template.name,
                "shortcut": template.shortcut or False,
                "category": template.category_id.name or False,
                "is_own": bool(template.user_id),
                "lang": template.lang not in (False, lang) and langs.get(template.lang, template.lang),
                "pictures": [
                    {"id": picture.id, "name": picture.name, "url": f"/web/image/{picture.id}"}
                    for picture in template._own_pictures()
                ],
                **filled,
            }
            for template, filled in zip(ordered, ordered._fill(conversation), strict=True)
        ]

    @api.model
    def _fitting(self, conversation):
        channel = conversation.channel_id
        templates = self.search(
            [
                ("user_id", "in", (False, self.env.uid)),
                ("company_id", "in", (False, conversation.company_id.id)),
                ("marketplace", "in", (False, conversation.marketplace)),
            ]
        )
        # sudo: a template may be for channels that this employee does not use; an archived one is a channel too
        fitting = (
            templates.sudo()
            .with_context(active_test=False)
            .filtered(lambda template: not template.channel_ids or channel in template.channel_ids)
        )
        return fitting.with_env(self.env)

    def _numbers_of_uses(self):
        """:return: how often each was sent by this user, and by everybody; two dicts by id"""
        uses = self.env["marketplace.template.use"].sudo()
        domain = [("template_id", "in", self.ids)]
        return tuple(
            {
                template.id: number
                for template, number in uses._read_group(domain + more, ["template_id"], ["uses:sum"])
            }
            for more in ([("user_id", "=", self.env.uid)], [])
        )

    @api.model
    def _count_use(self, template_ids):
        """These templates went out in a reply of this user."""
        used = self.search([("id", "in", list(template_ids or ()))]).ids
        if used:
            self.env.execute_query(
                SQL(
                    "INSERT INTO marketplace_template_use (template_id, user_id, uses)"
                    " SELECT unnest(%(templates)s), %(user)s, 1"
                    " ON CONFLICT (template_id, user_id) DO UPDATE SET uses = marketplace_template_use.uses + 1"
                    " RETURNING id",
                    templates=used,
                    user=self.env.uid,
                )
            )
            self.env["marketplace.template.use"].invalidate_model(["uses"])


class MarketplaceTemplateUse(models.Model):
    """How often one employee has sent one template. A row of his own for each, so that colleagues who send the same
    one at the same moment do not wait for each other."""

    _name = "marketplace.template.use"
    _description = "Use of a Quick Reply"
    _rec_name = "template_id"

    template_id = fields.Many2one("marketplace.template", required=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", required=True, ondelete="cascade", index=True)
    uses = fields.Integer()

    _template_user = models.UniqueIndex("(template_id, user_id)", "Counted already.")
