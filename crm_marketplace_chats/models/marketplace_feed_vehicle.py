"""Which car of a feed is which car in stock, and storing a portion of a feed."""

from collections import Counter

from odoo import api, fields, models
from odoo.tools import SQL

from ..marketplaces.feeds_words import VIN, fold
from ..marketplaces.payload import FeedCar
from .bulk import _adapt
from .product_template import REMOTE_FIELDS

#: Fields that keep their value when a feed ceases to tell it, and those too long to be told in a report.
KEPT_WHEN_EMPTY = frozenset(("list_price",))
LONG = frozenset(("vehicle_description", "vehicle_equipment"))
#: While these stay the same, another VIN is a correction; else it is another car under the same number.
IDENTITY = ("vehicle_make", "vehicle_model", "vehicle_year")
NAMED_BY = ("vehicle_make", "vehicle_model", "vehicle_modification")


class MarketplaceFeedVehicle(models.Model):
    """A car of a feed, under the feed's own number, and the car in stock that it is.

    One car in stock can have several over time: a marketplace refuses the number of an advertisement that was deleted,
    and the same car gets a new one.
    """

    _name = "marketplace.feed.vehicle"
    _description = "Car of a Stock Feed"
    _rec_name = "external_id"

    feed_id = fields.Many2one("marketplace.feed", required=True, ondelete="cascade")
    external_id = fields.Char("Stock Number in the Feed", required=True, index=True)
    vehicle_id = fields.Many2one("product.template", "Car", ondelete="cascade", index=True)
    run_id = fields.Many2one("marketplace.feed.run", "Last Found By", ondelete="set null", index=True)
    data = fields.Json(help="What the feed said last, by the names of the vehicle's fields.")
    listing_key = fields.Char(index="btree_not_null", help="Marketplace and number of its advertisement.")
    missing_runs = fields.Integer("Missing in a Row")
    gone_at = fields.Datetime("Gone Since")
    gone_status = fields.Char(help="The status that we gave the car when it was gone.")
    photo_urls = fields.Json()
    photos = fields.Json(help="What was fetched: address -> number of the attachment, 0 for the cover.")
    photos_pending = fields.Boolean(index="btree_not_null")
    photo_attempts = fields.Integer()
    photo_next_at = fields.Datetime()

    _external = models.UniqueIndex("(feed_id, external_id)", "A feed has one car under each number.")

    # ------------------------------------------------------------ gone

    def _note_missing(self, patience):
        """One more complete reading did not find these.

        :return: those that are gone now
        """
        if not self:
            return self
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE marketplace_feed_vehicle SET missing_runs = COALESCE(missing_runs, 0) + 1 WHERE id = ANY(%s)"
            " RETURNING id, missing_runs",
            (self.ids,),
        )
        rows = self.env.cr.fetchall()
        self.invalidate_recordset(["missing_runs"])
        return self.browse([link for link, missing in rows if missing >= patience])

    def _withdraw(self, run, status):
        """Archive these cars, except those that another feed in use, or another number of this one, still holds. What
        people have made sold stays so."""
        self.write({"gone_at": fields.Datetime.now(), "gone_status": status})
        held = [
            ("vehicle_id", "in", self.vehicle_id.ids),
            ("gone_at", "=", False),
            ("feed_id.active", "=", True),
        ]
        vehicles = self.vehicle_id - self.search(held).vehicle_id
        vehicles.filtered(lambda vehicle: vehicle.vehicle_status in ("in_stock", "reserved")).write(
            {"vehicle_status": status}
        )
        vehicles.write({"active": False})
        self.env["marketplace.feed.line"].create(
            [run._line("gone", external_id=link.external_id, vehicle=link.vehicle_id) for link in self]
        )


class MarketplaceFeedRun(models.Model):
    _inherit = "marketplace.feed.run"

    def _line(self, kind, entry=None, vehicle=None, external_id="", **values):
        """Values of a line of the report, from an entry of the file or from a car in stock."""
        if isinstance(entry, FeedCar):
            values |= {
                "vin": entry.vehicle.vin,
                "name": " ".join(
                    filter(None, [entry.vehicle.make, entry.vehicle.model, str(entry.vehicle.year or "")])
                ),
            }
        elif entry:
            values |= {"vin": entry.vin, "name": entry.name, "reason": entry.reason}
        elif vehicle:
            values |= {"vin": vehicle.vehicle_vin, "name": vehicle.name}
        return {
            "run_id": self.id,
            "kind": kind,
            "line": entry.line if entry else 0,
            "external_id": entry.external_id if entry else external_id,
            "vehicle_id": vehicle.id if vehicle else False,
            **values,
        }


class MarketplaceFeed(models.Model):
    _inherit = "marketplace.feed"

    def _store_portion(self, run, entries):
        """Store so many entries of a file: a fixed number of statements, whatever their number; only cars that differ
        from what the feed said before are touched. Doing it again changes nothing."""
        Line = self.env["marketplace.feed.line"]
        cars = [entry for entry in entries if isinstance(entry, FeedCar)]
        refused = [entry for entry in entries if not isinstance(entry, FeedCar)]
        lines = [run._line("refused", entry) for entry in refused]
        lines += [
            run._line("remark", car, reason=reason, detail=detail)
            for car in cars
            for reason, detail in car.remarks
        ]
        counts, told = self._store_cars(run, cars)
        Line.create(lines + told)
        run._add(counts | {"done": len(entries), "refused": len(refused)})

    def _store_cars(self, run, cars):
        """:return: counts by kind, and lines of the report"""
        links = self._links(cars)
        data = {car.external_id: self._vehicle_values(car) for car in cars}
        touched = [
            car for car in cars if self._differs(links.get(car.external_id), car, data[car.external_id])
        ]
        numbers = {car.external_id for car in touched}
        stored_before = sum(link.run_id == run for key, link in links.items() if key not in numbers)
        vehicles = self._known_vehicles(touched, links)
        created = self._create_vehicles([car for car in touched if car.external_id not in vehicles], data)
        counts, lines = Counter(), []
        for car in touched:
            link = links.get(car.external_id)
            if car.external_id in created:
                kind, changes = "new", []
            else:
                kind, changes = self._update_vehicle(vehicles[car.external_id], link, data[car.external_id])
            vehicle = created.get(car.external_id) or vehicles[car.external_id]
            counts[kind] += 1
            if kind != "same":
                lines.append(run._line(kind, car, vehicle, changes=changes))
        self.env.flush_all()
        known = {key: link.vehicle_id for key, link in links.items()} | vehicles | created
        self._store_links(run, cars, known, data, numbers)
        # What this very run has stored before it paused is counted already.
        counts["same"] += len(cars) - len(touched) - stored_before
        return dict(counts), lines

    def _links(self, cars):
        found = self.env["marketplace.feed.vehicle"].search(
            [("feed_id", "=", self.id), ("external_id", "in", [car.external_id for car in cars])]
        )
        return {link.external_id: link for link in found}

    @staticmethod
    def _differs(link, car, data):
        return (
            not link
            or not link.vehicle_id
            or bool(link.gone_at)
            or link.data != data
            or tuple(link.photo_urls or ()) != car.photos
        )

    # ------------------------------------------------------------ which car it is

    def _known_vehicles(self, cars, links):
        """The cars in stock: by VIN, then by the feed's own number, then by the stock number; only where exactly one
        answers.

        :return: ``{number in the feed: vehicle}``
        """
        by_vin = self._vehicles_by(
            "vehicle_vin", [car.vehicle.vin for car in cars if VIN.fullmatch(car.vehicle.vin)]
        )
        unlinked = [car.external_id for car in cars if car.external_id not in links]
        by_number = self._vehicles_by("vehicle_external_id", unlinked)
        known, taken = {}, set()
        # Those with a VIN choose first: no two entries of a file are the same car.
        for car in sorted(cars, key=lambda car: car.vehicle.vin not in by_vin):
            link = links.get(car.external_id)
            candidates = (
                by_vin.get(car.vehicle.vin),
                link and link.vehicle_id,
                by_number.get(car.external_id),
            )
            for vehicle in filter(None, candidates):
                if vehicle.id not in taken and self._may_be(vehicle, car):
                    known[car.external_id] = vehicle
                    taken.add(vehicle.id)
                    break
        return known

    def _vehicles_by(self, field, values):
        """Cars of this company by the value of a field; archived ones count where no other answers."""
        found = {}
        vehicles = self.env["product.template"].with_context(active_test=False)
        domain = [
            ("is_vehicle", "=", True),
            (field, "in", values),
            ("company_id", "in", (False, self.company_id.id)),
        ]
        for vehicle in vehicles.search(domain) if values else ():
            found.setdefault(vehicle[field], []).append(vehicle)
        one = {}
        for value, several in found.items():
            several = [vehicle for vehicle in several if vehicle.active] or several
            if len(several) == 1:
                one[value] = several[0]
        return one

    @staticmethod
    def _may_be(vehicle, car):
        """Not another car that has got the same number: with another VIN, make, model and year have to stay."""
        told, held = car.vehicle.vin, vehicle.vehicle_vin
        if not VIN.fullmatch(told) or not VIN.fullmatch(held or "") or told == held:
            return True
        values = {name: getattr(car.vehicle, attribute) for attribute, name in REMOTE_FIELDS.items()}
        return all(fold(str(vehicle[name] or "")) == fold(str(values[name] or "")) for name in IDENTITY)

    # ------------------------------------------------------------ what it is like

    @api.model
    def _vehicle_values(self, car):
        """What the feed says, by the names of the vehicle's fields; nothing for what it does not say."""
        vehicle = car.vehicle
        values = {name: getattr(vehicle, attribute) for attribute, name in REMOTE_FIELDS.items()}
        values |= {
            "vehicle_external_id": car.external_id,
            "vehicle_equipment": "\n".join(vehicle.equipment),
            "vehicle_customs": {True: "cleared", False: "not_cleared"}.get(vehicle.customs_cleared),
            "vehicle_availability": car.availability,
            "vehicle_location": car.location,
            "vehicle_site_url": car.site_url,
            "list_price": car.price,
            **{f"vehicle_discount_{name}": amount for name, amount in car.discounts.items()},
        }
        return {name: value for name, value in values.items() if value not in (None, "")}

    def _create_vehicles(self, cars, data):
        """:return: ``{number in the feed: vehicle}``"""
        Vehicle = self.env["product.template"].with_context(tracking_disable=True, mail_create_nolog=True)
        today = fields.Date.context_today(self)
        vehicles = Vehicle.create(
            [
                {
                    "name": self._title(data[car.external_id]),
                    "type": "consu",
                    "is_vehicle": True,
                    "company_id": self.company_id.id,
                    "vehicle_arrived_on": today,
                    **data[car.external_id],
                }
                for car in cars
            ]
        )
        vehicles = vehicles.with_env(self.env)
        return {car.external_id: vehicle for car, vehicle in zip(cars, vehicles, strict=True)}

    @staticmethod
    def _title(values):
        named = " ".join(filter(None, map(values.get, NAMED_BY)))
        return ", ".join(filter(None, [named, str(values.get("vehicle_year") or "")]))

    def _update_vehicle(self, vehicle, link, data):
        """Write what the feed has changed since it was read last; what people have changed meanwhile stays.

        :return: kind of the line in the report, and the changes
        """
        before = (link.data if link and link.vehicle_id == vehicle else None) or {}
        values = {
            name: data.get(name, False)
            for name in data.keys() | (before.keys() - KEPT_WHEN_EMPTY)
            if before.get(name) != data.get(name)
        }
        values = {name: value for name, value in values.items() if vehicle[name] != value}
        changes = [
            (name, False, False) if name in LONG else (name, vehicle[name], value)
            for name, value in sorted(values.items())
        ]
        if values.keys() & {*NAMED_BY, "vehicle_year"}:
            values["name"] = self._title(data)
        returned = bool(link and link.gone_at and vehicle.vehicle_status == link.gone_status)
        if returned:
            values |= {"active": True, "vehicle_status": "in_stock"}
        if values:
            vehicle.write(values)
        return ("returned" if returned else "changed" if changes else "same"), changes

    # ------------------------------------------------------------ the links

    def _store_links(self, run, cars, vehicles, data, touched):
        """Write down what was found, and what it said: one statement for those that said the same, one for the rest."""
        self.env.cr.execute(
            "UPDATE marketplace_feed_vehicle SET run_id = %s, missing_runs = 0"
            " WHERE feed_id = %s AND external_id = ANY(%s)",
            (run.id, self.id, [car.external_id for car in cars if car.external_id not in touched]),
        )
        rows = [
            self._link_row(run, car, vehicles[car.external_id], data)
            for car in cars
            if car.external_id in touched
        ]
        if rows:
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO marketplace_feed_vehicle (feed_id, run_id, external_id, vehicle_id, data, photo_urls,
                                                          photos_pending, listing_key, missing_runs, photo_attempts)
                    VALUES %s
                    ON CONFLICT (feed_id, external_id) DO UPDATE
                       SET run_id = EXCLUDED.run_id, vehicle_id = EXCLUDED.vehicle_id, data = EXCLUDED.data,
                           photos_pending = marketplace_feed_vehicle.photos_pending
                               OR marketplace_feed_vehicle.photo_urls IS DISTINCT FROM EXCLUDED.photo_urls,
                           photo_urls = EXCLUDED.photo_urls, listing_key = EXCLUDED.listing_key, photo_attempts = 0,
                           missing_runs = 0, gone_at = NULL, gone_status = NULL, photo_next_at = NULL
                    """,
                    SQL(", ").join(rows),
                )
            )
        self.env["marketplace.feed.vehicle"].invalidate_model()

    def _link_row(self, run, car, vehicle, data):
        key = next((f"{marketplace}:{number}" for marketplace, number in car.listing_ids.items()), None)
        values = (
            self.id,
            run.id,
            car.external_id,
            vehicle.id,
            data[car.external_id],
            list(car.photos),
            bool(car.photos),
            key,
        )
        return SQL("(%s, 0, 0)", SQL(", ").join(SQL("%s", _adapt(value)) for value in values))
