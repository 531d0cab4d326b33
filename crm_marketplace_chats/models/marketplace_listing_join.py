"""Which car in stock a listing is about: known by numbers, or suggested with reasons for a person to decide."""

from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, formatLang

from ..marketplaces.feeds_words import fold

#: Ways in which a listing's car is known for sure, best first: how a car's numbers are found for a listing ``l``.
#: Each number leads to the car itself and to what a feed has called it at some time.
BRIDGES = {
    "feed_id": """
        SELECT id AS vehicle_id FROM product_template WHERE vehicle_external_id = l.feed_id
         UNION SELECT vehicle_id FROM marketplace_feed_vehicle WHERE external_id = l.feed_id
    """,
    "external_id": """
        SELECT vehicle_id FROM marketplace_feed_vehicle WHERE listing_key = l.marketplace || ':' || l.external_id
    """,
    "vin": "SELECT id AS vehicle_id FROM product_template WHERE vehicle_vin = l.vin",
}
#: Reasons for a suggestion and what each is worth; beside make and model at least this much is needed.
WEIGHTS = {"year": 2, "mileage": 3, "price": 3, "price_near": 1, "modification": 1}
ENOUGH = 3
#: Prices are near up to this share of the listing's.
NEAR = 0.05
#: Listings that are looked at for suggestions in one run, the newest first.
SUGGESTED = 2000


class MarketplaceListing(models.Model):
    _inherit = "marketplace.listing"

    joined_by = fields.Selection(
        [
            ("feed_id", "Stock Number"),
            ("external_id", "Number at the Marketplace"),
            ("vin", "VIN"),
            ("suggestion", "Confirmed Suggestion"),
            ("hand", "By Hand"),
        ],
        "Car Found By",
        readonly=True,
    )
    suggested_vehicle_id = fields.Many2one(
        "product.template", "Perhaps This Car", index="btree_not_null", ondelete="set null", readonly=True
    )
    suggestion_facts = fields.Json(readonly=True)
    suggestion_evidence = fields.Char("Why", compute="_compute_suggestion_evidence")
    rejected_vehicle_ids = fields.Many2many(
        "product.template", "marketplace_listing_rejected_vehicle_rel", string="Not These Cars", readonly=True
    )

    @api.depends("suggestion_facts")
    @api.depends_context("lang")
    def _compute_suggestion_evidence(self):
        for listing in self:
            listing.suggestion_evidence = ", ".join(
                self._fact(name, value) for name, value in (listing.suggestion_facts or {}).items()
            )

    def _fact(self, name, value):
        """One reason in words."""
        if name in ("price", "mileage"):
            value = formatLang(self.env, value, digits=0)
        sentences = {
            "car": self.env._("the title names %(value)s", value=value),
            "modification": value,
            "year": self.env._("same year, %(value)s", value=value),
            "mileage": self.env._("same mileage, %(value)s km", value=value),
            "price": self.env._("same price, %(value)s ₽", value=value),
            "price_near": self.env._("price differs by %(value)s %%", value=value),
        }
        return sentences[name]

    def write(self, vals):
        """A car that a person picks is picked for the chats too."""
        if "vehicle_id" not in vals:
            return super().write(vals)
        vals = {"joined_by": "hand" if vals["vehicle_id"] else False, "suggested_vehicle_id": False} | vals
        done = super().write(vals | ({"suggestion_facts": False} if not vals["suggested_vehicle_id"] else {}))
        self.flush_recordset()
        self._follow_vehicles(self.ids)
        return done

    # ------------------------------------------------------------ known for sure

    @api.model
    def _join_vehicles(self, channel, listing_ids=None):
        """Join listings that have no car yet, by the dealer's stock number, then by the number at the marketplace, then
        by VIN; only where exactly one car of the channel's company answers."""
        self.env.flush_all()
        for bridge, candidates in BRIDGES.items():
            joined = self.env.execute_query(
                SQL(
                    """
                    UPDATE marketplace_listing l
                       SET vehicle_id = found.vehicle_id, joined_by = %(bridge)s, suggested_vehicle_id = NULL,
                           suggestion_facts = NULL
                      FROM (
                            SELECT l.id, min(p.id) AS vehicle_id
                              FROM marketplace_listing l
                              JOIN LATERAL (%(candidates)s) c ON true
                              JOIN product_template p
                                ON p.id = c.vehicle_id AND p.is_vehicle AND p.active
                               AND (p.company_id IS NULL OR p.company_id = %(company)s)
                             WHERE l.channel_id = %(channel)s AND l.vehicle_id IS NULL
                               AND (%(ids)s::int[] IS NULL OR l.id = ANY(%(ids)s))
                             GROUP BY l.id
                            HAVING count(DISTINCT p.id) = 1
                           ) found
                     WHERE found.id = l.id
                    RETURNING l.id
                    """,
                    bridge=bridge,
                    candidates=SQL(candidates),
                    company=channel.company_id.id,
                    channel=channel.id,
                    ids=listing_ids,
                )
            )
            self._follow_vehicles([row[0] for row in joined])

    @api.model
    def _follow_vehicles(self, listing_ids):
        """The chats about these listings are about their cars."""
        if listing_ids:
            self.env.cr.execute(
                """
                UPDATE marketplace_conversation c SET vehicle_id = wrong.vehicle_id
                  FROM (
                        SELECT c.id, l.vehicle_id
                          FROM marketplace_conversation c JOIN marketplace_listing l ON l.id = c.listing_id
                         WHERE l.id = ANY(%s) AND c.vehicle_id IS DISTINCT FROM l.vehicle_id
                         ORDER BY c.id FOR NO KEY UPDATE OF c
                       ) wrong
                 WHERE c.id = wrong.id
                """,
                (listing_ids,),
            )
            self.env["marketplace.conversation"].invalidate_model(["vehicle_id"])
            self.browse(listing_ids).invalidate_recordset()

    # ------------------------------------------------------------ suggested

    @api.model
    def _suggest_vehicles(self, channel):
        """For listings without a car, the one car in stock that fits best, with the reasons; none where two fit equally
        well, or what fits is not enough."""
        listings = self.search(
            [
                ("channel_id", "=", channel.id),
                ("vehicle_id", "=", False),
                ("state", "!=", "removed"),
                ("title", "!=", False),
            ],
            order="id desc",
            limit=SUGGESTED,
        )
        if not listings:
            return
        stock = self._stock_by_name(channel)
        for listing in listings:
            vehicle, facts = listing._best_of(stock)
            if listing.suggested_vehicle_id.id != vehicle or (listing.suggestion_facts or {}) != facts:
                listing.write({"suggested_vehicle_id": vehicle, "suggestion_facts": facts or False})

    @api.model
    def _stock_by_name(self, channel):
        """Cars in stock that no active listing of this channel is about, by the folded words of make and model."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT p.id, p.vehicle_make, p.vehicle_model, p.vehicle_modification, p.vehicle_year, p.vehicle_mileage,
                       p.list_price
                  FROM product_template p
                 WHERE p.is_vehicle AND p.active AND p.vehicle_status IN ('in_stock', 'reserved')
                   AND (p.company_id IS NULL OR p.company_id = %s)
                   AND p.vehicle_make IS NOT NULL AND p.vehicle_model IS NOT NULL
                   AND NOT EXISTS (SELECT FROM marketplace_listing l
                                    WHERE l.vehicle_id = p.id AND l.channel_id = %s AND l.state = 'active')
                """,
                channel.company_id.id,
                channel.id,
            )
        )
        stock = defaultdict(list)
        for row in rows:
            make, model = _words(row[1]), _words(row[2])
            if make and model:
                stock[make, model].append(row)
        return stock

    def _best_of(self, stock):
        """:return: id of the car (or False) and the facts that speak for it"""
        title, rejected = f" {_words(self.title)} ", set(self.rejected_vehicle_ids.ids)
        # The longest model that the title names: «Tiggo 7 Pro Max» is no «Tiggo 7».
        named = max(
            (key for key in stock if f" {key[0]} " in title and f" {key[1]} " in title),
            key=lambda key: len(key[1]),
            default=None,
        )
        if not named:
            return False, {}
        ranked = sorted(
            ((self._facts(row) for row in stock[named] if row[0] not in rejected)),
            key=lambda facts: -_worth(facts[1]),
        )
        if not ranked or _worth(ranked[0][1]) < ENOUGH:
            return False, {}
        if len(ranked) > 1 and _worth(ranked[0][1]) == _worth(ranked[1][1]):
            return False, {}
        return ranked[0]

    def _facts(self, row):
        """:return: the car's id, and what speaks for its being this listing's; nothing where the years differ"""
        vehicle, make, model, modification, year, mileage, price = row
        told = self.vehicle_data or {}
        facts = {"car": f"{make} {model}"}
        listed_year = told.get("vehicle_year") or self._year_of_title()
        if listed_year and year:
            if listed_year != year:
                return vehicle, {}
            facts["year"] = year
        listed_mileage = told.get("vehicle_mileage") or self._mileage_of_title()
        if mileage and listed_mileage == mileage:
            facts["mileage"] = mileage
        if self.price and price:
            apart = abs(self.price - price) / self.price
            if not apart:
                facts["price"] = self.price
            elif apart <= NEAR:
                facts["price_near"] = round(100 * apart, 1)
        if modification and f" {_words(modification)} " in f" {_words(self.title)} ":
            facts["modification"] = modification
        return vehicle, facts

    # ------------------------------------------------------------ decided by a person

    def action_accept_suggestion(self):
        """These suggestions are right; listings without one are left as they are."""
        self.check_access("write")
        accepted = self.filtered("suggested_vehicle_id")
        if not accepted:
            raise UserError(self.env._("There is no suggestion to accept."))
        for listing in accepted:
            listing.write({"vehicle_id": listing.suggested_vehicle_id.id, "joined_by": "suggestion"})

    def action_reject_suggestion(self):
        """Not these cars: they are not suggested again, the next best may be."""
        self.check_access("write")
        for listing in self.filtered("suggested_vehicle_id"):
            listing.rejected_vehicle_ids |= listing.suggested_vehicle_id
        for channel in self.channel_id:
            # sudo: the cars in stock are compared as the job compares them; only listings of this user are written
            self.sudo()._suggest_vehicles(channel.sudo())


def _words(text):
    """Folded words with blanks between them, so that ``CX-5`` and ``CX 5`` are the same."""
    return " ".join(
        "".join(sign if sign.isalnum() or sign == "." else " " for sign in fold(text or "")).split()
    )


def _worth(facts):
    return sum(WEIGHTS.get(name, 0) for name in facts)
