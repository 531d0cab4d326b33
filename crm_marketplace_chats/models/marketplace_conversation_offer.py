"""Other cars in stock for the buyer of this chat, and what is written to him to offer one."""

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import formatLang

#: Cars shown; cars looked at to find them.
SIMILAR, LOOKED_AT = 6, 200
#: How far a similar car's price may lie from that of the car asked about.
CHEAPEST, DEAREST = 0.75, 1.3
#: The longest side of a picture that goes into a chat is the one Odoo keeps of a product's image.
PICTURE = "image_1920"


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    def _similar_vehicles(self):
        """Cars in stock that are advertised somewhere and like the one asked about: the same model first, then make and
        body, then by distance in price."""
        asked = self._asked_vehicle()
        if not asked:
            return self.env["product.template"]
        price = asked.list_price or self.listing_id.sudo().price or self.price_seen
        alike = Domain("vehicle_make", "=ilike", asked.vehicle_make) if asked.vehicle_make else Domain.FALSE
        if asked.vehicle_body:
            alike |= Domain("vehicle_body", "=", asked.vehicle_body)
        if price:
            alike &= Domain("list_price", ">=", price * CHEAPEST) & Domain(
                "list_price", "<=", price * DEAREST
            )
            if asked.vehicle_make and asked.vehicle_model:
                alike |= Domain("vehicle_make", "=ilike", asked.vehicle_make) & Domain(
                    "vehicle_model", "=ilike", asked.vehicle_model
                )
        found = self._offered_vehicles(alike)
        return found.sorted(
            lambda car: (
                (car.vehicle_make or "").lower() != (asked.vehicle_make or "").lower()
                or (car.vehicle_model or "").lower() != (asked.vehicle_model or "").lower(),
                (car.vehicle_make or "").lower() != (asked.vehicle_make or "").lower(),
                car.vehicle_body != asked.vehicle_body,
                abs(car.list_price - (price or car.list_price)),
            )
        )[:SIMILAR]

    def _asked_vehicle(self):
        """The car in stock, or what the listing says of its car; nothing where neither is known."""
        # sudo: whoever may read the chat may know what it is about
        if self.vehicle_id:
            return self.vehicle_id.sudo()
        listing = self.listing_id.sudo()
        return listing._described_vehicle() if listing.vehicle_data else self.env["product.template"]

    def _offered_vehicles(self, domain):
        """Cars of this company that may be offered."""
        # sudo: employees need no rights on products to offer a car that is advertised to everybody
        return (
            self.env["product.template"]
            .sudo()
            .search(
                domain
                & Domain("is_vehicle", "=", True)
                & Domain("vehicle_status", "=", "in_stock")
                & Domain("id", "!=", self.vehicle_id.id)
                & Domain("company_id", "in", [self.company_id.id, False])
                & Domain("marketplace_listing_ids.state", "=", "active")
                & Domain("marketplace_listing_ids.company_id", "=", self.company_id.id),
                limit=LOOKED_AT,
            )
        )

    def _panel_similar(self):
        return [
            {
                "id": car.id,
                "title": car.vehicle_title,
                "detail": car._offer_detail(),
                "price": car.list_price,
                "thumb_url": car._thumb_url(),
                "listing_url": self._listing_of(car).url or False,
            }
            for car in self._similar_vehicles()
        ]

    def _listing_of(self, car):
        """Its active listing where this buyer looks: of this channel, else of this marketplace."""
        listings = car.marketplace_listing_ids.filtered(
            lambda listing: (
                listing.state == "active"
                and listing.url
                and listing.marketplace == self.marketplace
                and listing.company_id == self.company_id
            )
        )
        return listings.sorted(lambda listing: listing.channel_id != self.channel_id)[:1]

    def chats_offer(self, vehicle_id):
        """What offers this car to the buyer: text with the marketplace's own link, and its picture where the channel
        takes pictures. It goes into the draft; the manager sends it.

        :return: ``{"text", "picture": False | {"id", "name", "mimetype", "url"}}``
        """
        self.ensure_one()
        self.check_access("read")
        car = self._offered_vehicles(Domain("id", "=", vehicle_id))
        if not car:
            raise UserError(self.env._("This car can no longer be offered."))
        link = self._listing_of(car).url
        car_line = ", ".join(filter(None, [car.vehicle_title, car._offer_mileage()]))
        if car.list_price:
            car_line = f"{car_line} — {formatLang(self.env, car.list_price, digits=0)} ₽"
        text = self.env._("I can offer you another car: %(car)s.", car=car_line)
        return {"text": "\n".join(filter(None, [text, link])), "picture": self._offer_picture(car)}

    def _offer_picture(self, car):
        """A copy of the car's picture, as if the user had attached it."""
        if not (car[PICTURE] and self.channel_id.sudo()._can_send_images()):
            return False
        stored = car.env["ir.attachment"].search(
            [("res_model", "=", car._name), ("res_id", "=", car.id), ("res_field", "=", PICTURE)], limit=1
        )
        if stored.mimetype not in ("image/jpeg", "image/png"):
            return False
        # sudo: as in the upload, employees have no write access to chats
        picture = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                {
                    "name": car.vehicle_title,
                    "raw": stored.raw,
                    "mimetype": stored.mimetype,
                    "res_model": self._name,
                    "res_id": self.id,
                }
            )
        )
        return {
            "id": picture.id,
            "name": picture.name,
            "mimetype": picture.mimetype,
            "url": f"/web/image/{picture.id}",
        }

    def chats_vehicle_status(self, status):
        """Change the status of the car asked about, by those who may change cars. Gives the panel anew."""
        self.ensure_one()
        self.check_access("read")
        if not self.vehicle_id:
            raise UserError(self.env._("This chat is not about a car in stock."))
        self.vehicle_id.write({"vehicle_status": status})
        return {"panel": self.chats_panel()}


class ProductTemplate(models.Model):
    _inherit = "product.template"

    def _offer_mileage(self):
        known = self.vehicle_mileage or self.vehicle_condition == "new"
        return known and self.env._(
            "%(mileage)s km", mileage=formatLang(self.env, self.vehicle_mileage, digits=0)
        )

    def _offer_detail(self):
        return " · ".join(filter(None, [self._offer_mileage(), self.vehicle_color, self.vehicle_location]))

    def _thumb_url(self):
        return (
            f"/web/image/product.template/{self.id}/image_128?unique={self.write_date:%Y%m%d%H%M%S}"
            if self.image_128
            else False
        )
