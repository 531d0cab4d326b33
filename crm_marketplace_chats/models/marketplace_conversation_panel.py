"""Everything the CRM knows about the car, the client and the deal of one chat, for the panel beside it."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_date, formatLang

#: Other chats shown of this car.
OTHERS = 10
#: How long after its last message a chat still counts as live, unless it waits for an answer.
LIVE_DAYS = 30
#: Rows of the car panel, group by group; "engine" is put together from volume, power and fuel.
PANEL_GROUPS = {
    "specifications": (
        "vehicle_year",
        "vehicle_condition",
        "vehicle_mileage",
        "vehicle_generation",
        "vehicle_modification",
        "vehicle_trim",
        "vehicle_body",
        "vehicle_color",
    ),
    "technical": ("engine", "vehicle_gearbox", "vehicle_drive", "vehicle_wheel"),
    "papers": (
        "vehicle_vin",
        "vehicle_plate",
        "vehicle_pts",
        "vehicle_owners",
        "vehicle_customs",
        "vehicle_external_id",
    ),
    "place": ("vehicle_location", "vehicle_arrived_on"),
}
COPIED = frozenset(("vehicle_vin", "vehicle_plate"))


class MarketplaceConversation(models.Model):
    _inherit = "marketplace.conversation"

    @api.readonly
    def chats_panel(self):
        """Shape: docs/architecture.md. The car and the listings are read as superuser: whoever may read the chat may
        know what it is about. Other chats and the lead are those that the user himself may read."""
        self.ensure_one()
        self.check_access("read")
        vehicle, listing = self.vehicle_id.sudo(), self.listing_id.sudo()
        return {
            "vehicle": vehicle._panel_data(self.price_seen) | self._panel_status() if vehicle else False,
            "prices": self._panel_prices(),
            "similar": self._panel_similar(),
            "listing": self._panel_listing(listing) if listing and not vehicle else False,
            "listings": [
                {
                    "id": advert.id,
                    "marketplace": advert.marketplace,
                    "marketplace_label": advert.channel_id._client_class().label,
                    "price": advert.price,
                    "url": advert.url,
                    "state": advert.state,
                }
                for advert in (vehicle.marketplace_listing_ids or listing)
            ],
            "others": self._panel_others(),
            "client": self._panel_client(),
            "lead": self._panel_lead(),
        }

    def _panel_listing(self, listing):
        return {
            "id": listing.id,
            "title": listing.title,
            "price": listing.price,
            "price_seen": self.price_seen,
            "url": listing.url,
            "thumb_url": f"/web/image/marketplace.listing/{listing.id}/image"
            if listing.image_copied_url
            else False,
            "state": listing.state,
            "can_make_vehicle": bool(listing.title),
            **self._panel_listing_facts(listing),
        }

    def _panel_status(self):
        """What a user who may change cars can make of this one's status."""
        statuses = self.vehicle_id._fields["vehicle_status"]._description_selection(self.env)
        can_write = self.vehicle_id.has_access("write")
        return {
            "statuses": [{"value": value, "label": label} for value, label in statuses] if can_write else []
        }

    def _panel_prices(self):
        """How the price has moved since the buyer asked, oldest first: of the car in stock, else of the listing."""
        first = self.env["marketplace.message"].search(
            [("conversation_id", "=", self.id)], order="sent_at, id", limit=1
        )
        # sudo: prices that stood in an advertisement
        Price = self.env["marketplace.price"].sudo()
        if self.vehicle_id:
            return Price._since("vehicle_id", self.vehicle_id.id, first.sent_at)
        return Price._since("listing_id", self.listing_id.id, first.sent_at) if self.listing_id else []

    def _panel_listing_facts(self, listing):
        """What the marketplace says of the car, shown as that of a car in stock."""
        car = listing.sudo()._described_vehicle()
        return {
            "groups": car._panel_groups(),
            "description": car.vehicle_description or False,
            "equipment": (car.vehicle_equipment or "").splitlines(),
        }

    def _panel_others(self):
        same_car = (
            [("vehicle_id", "=", self.vehicle_id.id)]
            if self.vehicle_id
            else [("listing_id", "=", self.listing_id.id)]
        )
        if not (self.vehicle_id or self.listing_id):
            return []
        since = fields.Datetime.now() - timedelta(days=LIVE_DAYS)
        live = ["|", ("is_unprocessed", "=", True), ("last_message_at", ">=", since)]
        others = self.search(
            [*same_car, *live, ("id", "!=", self.id), ("is_noise", "=", False)], limit=OTHERS
        )
        return [
            {
                "id": other.id,
                "buyer_name": other._buyer_name(),
                "marketplace": other.marketplace,
                "last_message_at": fields.Datetime.to_string(other.last_message_at),
                "responsible": other.user_id.sudo().name or False,
                "is_unprocessed": other.is_unprocessed,
            }
            for other in others
        ]

    def _panel_client(self):
        partner = self.partner_id.sudo()
        return {
            "name": partner.name or self._buyer_name(),
            "partner_id": partner.id,
            "phone": partner.phone or False,
        }

    def _panel_lead(self):
        lead = self.lead_id
        if not lead or not self.env["crm.lead"].has_access("read"):
            return False
        lead = lead._filtered_access("read")
        activity = lead.sudo().activity_ids[:1]
        return bool(lead) and {
            "id": lead.id,
            "name": lead.name,
            "stage": lead.stage_id.name,
            "responsible": lead.user_id.sudo().name or False,
            "activity": activity
            and f"{activity.activity_type_id.name}, {format_date(self.env, activity.date_deadline)}"
            or False,
        }


class ProductTemplate(models.Model):
    _inherit = "product.template"

    def _panel_data(self, price_seen):
        self.ensure_one()
        return {
            "id": self.id,
            "title": " ".join(
                filter(None, [self.vehicle_make, self.vehicle_model, self.vehicle_modification])
            )
            or self.name,
            "subtitle": " · ".join(
                filter(None, [self.vehicle_generation, self.vehicle_trim, str(self.vehicle_year or "")])
            ),
            "status": self.vehicle_status,
            "status_label": self._label("vehicle_status"),
            "price": self.list_price,
            "price_seen": price_seen or False,
            "currency": (self.company_id or self.env.company).currency_id.symbol,
            "photos": self._panel_photos(),
            "tags": [
                tag
                for tag in (self._label("vehicle_condition"), self.vehicle_location, self._days_in_stock())
                if tag
            ],
            "groups": self._panel_groups(),
            "description": self.vehicle_description or False,
            "equipment": (self.vehicle_equipment or "").splitlines(),
        }

    def _label(self, name):
        """A selection's value in the user's language."""
        return dict(self._fields[name]._description_selection(self.env)).get(self[name], False)

    def _days_in_stock(self):
        if not self.vehicle_arrived_on or self.vehicle_status not in ("in_stock", "reserved"):
            return False
        days = (fields.Date.context_today(self) - self.vehicle_arrived_on).days
        return self.env._("%(days)s days in stock", days=days) if days > 0 else False

    def _panel_photos(self):
        stamp = f"unique={self.write_date:%Y%m%d%H%M%S}"
        photos = []
        if self.image_128:
            image = f"/web/image/product.template/{self.id}"
            photos.append({"url": f"{image}/image_512?{stamp}", "full_url": f"{image}/image_1920?{stamp}"})
        for photo in self.vehicle_photo_ids:
            token = photo.access_token or photo.generate_access_token()[0]
            address = f"/web/image/{photo.id}"
            photos.append(
                {
                    "url": f"{address}/512x384?access_token={token}",
                    "full_url": f"{address}?access_token={token}",
                }
            )
        return photos

    def _panel_groups(self):
        """Rows that say nothing are left out, and so are groups without rows."""
        values = self._panel_values()
        labels = {name: field["string"] for name, field in self.fields_get(list(values), ["string"]).items()}
        labels |= {"engine": self.env._("Engine"), "vehicle_mileage": self.env._("Mileage")}
        titles = {
            "specifications": self.env._("Specifications"),
            "technical": self.env._("Technical Data"),
            "papers": self.env._("Papers"),
            "place": self.env._("Where It Stands"),
        }
        groups = []
        for group, names in PANEL_GROUPS.items():
            rows = [
                {"label": labels[name], "value": str(values[name]), "copy": name in COPIED}
                for name in names
                if values[name]
            ]
            if rows:
                groups.append({"label": titles[group], "rows": rows})
        return groups

    def _panel_values(self):
        values = {
            name: self[name] for names in PANEL_GROUPS.values() for name in names if name in self._fields
        }
        values |= {name: self._label(name) for name in values if self._fields[name].type == "selection"}
        values["vehicle_arrived_on"] = self.vehicle_arrived_on and format_date(
            self.env, self.vehicle_arrived_on
        )
        engine = []
        if self.vehicle_engine_volume:
            volume = f"{self.vehicle_engine_volume:.1f}".replace(".", self._decimal_point())
            engine.append(self.env._("%(volume)s l", volume=volume))
        if self.vehicle_power:
            engine.append(self.env._("%(power)s hp", power=self.vehicle_power))
        values["engine"] = " · ".join([*engine, *filter(None, [self._label("vehicle_fuel")])])
        if self.vehicle_mileage or self.vehicle_condition:
            mileage = formatLang(self.env, self.vehicle_mileage, digits=0)
            values["vehicle_mileage"] = self.env._("%(mileage)s km", mileage=mileage)
        return values

    def _decimal_point(self):
        return self.env["res.lang"]._lang_get(self.env.user.lang or "en_US").decimal_point
