"""The readers of dealers' feeds, with what dealers really write and with what nobody should."""

import gzip
import time
import tracemalloc
import zipfile

import pytest
from feed_files import AUTORU_NEW, AUTORU_USED, AVITO_USED, autoru, avito, car, large
from hostile import require
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marketplaces import feeds, feeds_fetch, feeds_words
from marketplaces.errors import RejectedError, TemporaryError
from marketplaces.feeds import FeedError
from marketplaces.payload import FeedCar, FeedRefusal
from wire import reply


@pytest.fixture
def read(tmp_path):
    def read(content, condition=""):
        path = tmp_path / "feed.xml"
        path.write_bytes(content)
        surveyed = feeds.survey(path)
        entries = list(feeds.cars(path, surveyed, condition))
        assert len(entries) == surveyed.cars
        return entries

    return read


@pytest.fixture
def refused(tmp_path):
    def refused(content):
        path = tmp_path / "feed.xml"
        path.write_bytes(content)
        with pytest.raises(FeedError) as caught:
            feeds.survey(path)
        return caught.value

    return refused


# ---------------------------------------------------------------- Auto.ru's format


def test_a_new_car(read):
    (found,) = read(autoru(AUTORU_NEW))
    vehicle = found.vehicle
    assert (found.line, found.external_id, found.price) == (4, "stock-10021", 3_500_000)
    assert found.discounts == {"credit": 100_000, "tradein": 150_000, "max": 250_000}
    assert found.photos == ("https://photo.example.org/1.jpg", "https://photo.example.org/2.jpg")
    assert (found.availability, found.location) == ("in_stock", "г. Тверь, ул. Примерная, 1")
    assert (vehicle.make, vehicle.model, vehicle.generation) == ("Geely", "Atlas", "II")
    assert (vehicle.engine_volume, vehicle.power, vehicle.gearbox, vehicle.drive) == (
        2.0,
        200,
        "automatic",
        "all",
    )
    assert vehicle.fuel == ""  # nobody has said petrol
    assert (vehicle.body, vehicle.wheel, vehicle.color, vehicle.trim) == ("suv", "left", "Чёрный", "Flagship")
    assert (vehicle.owners, vehicle.mileage, vehicle.condition, vehicle.year) == (0, 7, "new", 2025)
    assert vehicle.customs_cleared is True
    assert vehicle.equipment == ("Круиз-контроль", "Климат (климат-контроль 2-зонный, задний)", "Камера 360°")
    assert vehicle.description == "Автомобиль в салоне.\nСкидки суммируются."


def test_a_used_car(read):
    (found,) = read(autoru(AUTORU_USED, root="root"))
    vehicle = found.vehicle
    assert (vehicle.vin, vehicle.plate) == ("Z94TEST0000000002", "А000АА69")
    assert (vehicle.mileage, found.price, vehicle.owners) == (98_500, 1_290_000, 2)
    assert (vehicle.fuel, vehicle.gearbox, vehicle.generation) == ("diesel", "manual", "II (J11, T32)")
    assert (vehicle.condition, vehicle.pts, vehicle.customs_cleared) == ("used", "original", False)
    assert found.photos == ("https://photo.example.org/20007/1.jpg",)


def test_the_feed_says_new_or_used_where_the_car_does_not(read):
    assert read(autoru(car(1)))[0].vehicle.condition == ""
    assert read(autoru(car(1)), "used")[0].vehicle.condition == "used"


def test_cars_that_are_refused(read):
    entries = read(
        autoru(
            car(1),
            car(2, unique_id=None, vin=None),
            car(3, mark_id=""),
            car(1, vin="XTATEST0000000009"),
            car(5, vin="XTATEST0000000001"),
            car(6, unique_id=None),
        )
    )
    reasons = [entry.reason if isinstance(entry, FeedRefusal) else entry.external_id for entry in entries]
    assert reasons == ["s-1", "no_key", "no_name", "twice", "twice", "XTATEST0000000006"]
    assert [entry.line for entry in entries] == [4, 5, 6, 7, 8, 9]


def test_what_is_no_vin_is_told(read):
    (frame, bad, money) = read(
        autoru(car(1, vin="GP1-1234567"), car(2, vin="XTAOOOO0000000001"), car(3, currency="USD"))
    )
    assert (frame.vehicle.vin, frame.remarks) == ("GP11234567", ())
    assert (bad.vehicle.vin, bad.remarks) == ("", (("bad_vin", "XTAOOOO0000000001"),))
    assert (money.price, money.remarks) == (None, (("currency", "USD"),))


def test_lines_beyond_what_libxml2_counts(read):
    cars = [car(number).replace("</car>", "\n" * 3000 + "</car>") for number in range(30)]
    assert [entry.line for entry in read(autoru(*cars))] == [4 + 3001 * number for number in range(30)]


# ---------------------------------------------------------------- Avito's


def test_an_advertisement(read):
    (found,) = read(avito(AVITO_USED))
    vehicle = found.vehicle
    assert (found.external_id, found.price, found.listing_ids) == (
        "stock-20007",
        1_290_000,
        {"avito": "4000000001"},
    )
    assert (vehicle.generation, vehicle.modification, vehicle.trim) == ("", "1.6 CVT", "")
    # Its own elements count more than the modification's name.
    assert (vehicle.gearbox, vehicle.power, vehicle.engine_volume, vehicle.fuel) == (
        "manual",
        130,
        1.6,
        "diesel",
    )
    assert (vehicle.owners, vehicle.wheel, vehicle.condition) == (4, "right", "used")
    assert vehicle.equipment == (
        "Салон: Кожа", "Обогрев: Передних сидений", "Обогрев: Зеркал", "Подушки безопасности: Фронтальные",
        "Подушки безопасности: Шторки",
    )  # fmt: skip
    assert vehicle.description == "Один хозяин - юрлицо.\n• ТО\n\nAvitoId: 4000000001"
    assert found.photos == ("https://photo.example.org/1.jpg",)
    assert "4822" not in repr(found) and "Отдел" not in repr(found)  # people are not taken over


def test_other_goods_are_left_out(read):
    (found,) = read(avito(AVITO_USED.replace("Автомобили", "Запчасти и аксессуары")))
    assert (found.reason, found.external_id) == ("not_a_car", "stock-20007")


# ---------------------------------------------------------------- words and numbers


@pytest.mark.parametrize(
    ("kind", "text", "key"),
    [
        ("gearbox", "АКПП", "automatic"),
        ("gearbox", "Вариатор", "variator"),
        ("drive", "Полный", "all"),
        ("drive", "4WD", "all"),
        ("wheel", "ПРАВЫЙ", "right"),
        ("pts", "ЭПТС", "electronic"),
        ("fuel", "Бeнзин", "petrol"),  # with a Latin e
        ("fuel", "водород", ""),
        ("customs", "Не растаможен", False),
        ("availability", "под заказ", "on_order"),
    ],
)
def test_words(kind, text, key):
    assert feeds_words.word(kind, text) == key


@pytest.mark.parametrize(
    ("text", "number"),
    [("2 999 000,00", 2_999_000), ("2.999.000,00", 2_999_000), ("1234 руб.", 1234), ("98\u202f500", 98_500), ("", None),
     ("-5", None), ("9" * 70, None), ("1e999", 1), ("нет", None), ("99999999999", None)],
)  # fmt: skip
def test_numbers(text, number):
    assert feeds_words.whole(text) == number


@pytest.mark.parametrize(
    ("text", "volume"), [("2500", 2.5), ("1,6", 1.6), ("1598", 1.6), ("0", None), ("30", None)]
)
def test_volumes(text, volume):
    assert feeds_words.litres(text) == volume


@pytest.mark.parametrize(
    "text", ["1.5 AMT", "S 1.5 AMT (156 л.с.)", "2.0d 4WD AT (190 Hp)", "1.3 CVT 4WD (150 л.с.)"]
)
def test_modifications(text):
    read = feeds_words.modification(text)
    assert read["engine_volume"] == float(text.lstrip("S ")[:3])
    assert read["drive"] == ("all" if "4WD" in text else "")


# ---------------------------------------------------------------- files that are not clean, and hostile ones


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf\n\n  " + autoru(AUTORU_NEW),
        autoru(AUTORU_NEW).decode().replace("UTF-8", "windows-1251").encode("cp1251", "xmlcharrefreplace"),
        autoru(AUTORU_NEW).decode().encode("cp1251", "replace"),  # says UTF-8
        autoru(AUTORU_NEW).decode().encode("utf-16").replace(b"UTF-8", b""),
        autoru(AUTORU_NEW.replace("Flagship", "Fl&nbsp;&laquo;A & B&raquo;\x0b&#11;")),
    ],
    ids=["mark and blank lines", "cp1251", "cp1251 that says UTF-8", "UTF-16", "not escaped"],
)
def test_dirt(read, content):
    if content.startswith(b"\xff\xfe"):
        content = content.decode("utf-16").replace('encoding="UTF-8"', "").encode("utf-16")
    (found,) = read(content)
    assert (found.vehicle.make, found.vehicle.color[0], found.price) == ("Geely", "Ч", 3_500_000)


BOMB = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12))
HEAD, CAR = b'<?xml version="1.0"?>', b"<data><cars><car><vin>%s</vin></car></cars></data>"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (autoru(AUTORU_NEW)[:-40], "not_xml"),
        (b"", "not_xml"),
        (b"{}", "not_xml"),
        (b"<html><body>502</body></html>", "not_a_feed"),
        (b"<!DOCTYPE html><html><body><p>x</p></body></html>", "doctype"),
        (HEAD + b"<!DOCTYPE data []>" + autoru(AUTORU_NEW)[39:], "doctype"),
        (HEAD + b'<!DOCTYPE data [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + CAR % b"&x;", "doctype"),
        (HEAD + b'<!DOCTYPE data SYSTEM "http://127.0.0.1:1/x.dtd">' + CAR % b"", "doctype"),
        (HEAD + b"<!DOCTYPE d [<!ENTITY a0 'ha'>" + BOMB + b"]>" + CAR % b"&a11;", "doctype"),
        (b"<catalog><mark><folder/></mark></catalog>", "catalogue"),
        (b"<data><cars>" + b"<x>y</x>" * 700_000 + b"</cars></data>", "not_a_feed"),
        (b"<data>" * 400 + b"</data>" * 400, "not_xml"),
    ],
)  # fmt: skip
def test_files_that_are_refused(refused, content, reason):
    error = refused(content)
    assert error.reason == reason
    assert "root:" not in repr(error.detail)


def test_a_broken_file_is_refused_with_its_line(refused):
    assert refused(autoru(car(1), car(2)).replace(b"</car>\n<car>", b"\n\n<car>")).line >= 6


def test_an_empty_feed_is_a_feed(read):
    assert read(autoru()) == []
    assert read(avito()) == []


def test_a_car_inside_a_car_is_none(read):
    (found,) = read(autoru(car(1).replace("</car>", "<car><vin>x</vin></car><old><car/></old></car>")))
    assert found.external_id == "s-1"


def test_too_many(tmp_path, monkeypatch):
    monkeypatch.setattr(feeds, "MOST_CARS", 3)
    (tmp_path / "f").write_bytes(autoru(*map(car, range(5))))
    with pytest.raises(FeedError, match="too_many"):
        feeds.survey(tmp_path / "f")


def test_memory_does_not_grow_with_the_file(tmp_path):
    """2,000 cars, 8 MB: what Python holds at most. Figures of a whole process: docs/architecture.md."""
    path = tmp_path / "large.xml"
    large(path, 2000)
    surveyed = feeds.survey(path)
    tracemalloc.start()
    try:
        number = sum(isinstance(entry, FeedCar) for entry in feeds.cars(path, surveyed))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert number == surveyed.cars == 2000
    assert peak < 2_000_000


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=60) | st.sampled_from(
    ["9" * 400, "0", "-1", "1e9", "²", "٣", "javascript:alert(1)", "https://[", "<b>" * 30, "(" * 500, "," * 500,
     "x" * 5000, "1.1.1.1", "𝟙𝟚", "1,", ".", "&amp;" * 50]
)  # fmt: skip
AUTORU_TAGS = (
    "unique_id vin mark_id folder_id modification_id price run year engine_volume engine_power owners_number extras "
    "images url description license_plate state color body_type gearbox max_discount currency custom"
).split()
AVITO_TAGS = (
    "Id VIN Make Model Price Kilometrage Year EngineSize Power Owners Description Images Category AvitoId GRN Heating "
    "ModificationId MaxDiscount Title ImageUrls Color PTS"
).split()


@pytest.mark.parametrize(("build", "tag", "tags"), [(autoru, "car", AUTORU_TAGS), (avito, "Ad", AVITO_TAGS)])
@settings(max_examples=120, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_stands_in_the_elements(tmp_path, build, tag, tags, data):
    from xml.sax.saxutils import escape

    told = data.draw(st.lists(st.tuples(st.sampled_from(tags), TEXTS), max_size=25))
    inside = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in told)
    path = tmp_path / "feed.xml"
    path.write_bytes(build(f"<{tag}>{inside}</{tag}>"))
    (entry,) = feeds.cars(path, feeds.survey(path))
    if isinstance(entry, FeedCar):
        require(entry)
        assert 0 < len(entry.external_id) <= 256
        assert len(entry.vehicle.vin) <= 17


@settings(max_examples=150, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cut=st.integers(0, 3000),
    junk=st.binary(max_size=40),
    whole=st.sampled_from([autoru(AUTORU_NEW), avito(AVITO_USED)]),
)
def test_whatever_happens_to_the_bytes(tmp_path, cut, junk, whole):
    """Either a sound file or a FeedError, and in no long time."""
    path = tmp_path / "feed.xml"
    path.write_bytes(whole[:cut] + junk + whole[cut + len(junk) :])
    began = time.monotonic()
    try:
        for entry in feeds.cars(path, feeds.survey(path)):
            assert isinstance(entry, (FeedCar, FeedRefusal))
    except FeedError:
        pass
    assert time.monotonic() - began < 2


# ---------------------------------------------------------------- fetching


def test_a_feed_is_fetched(wire, tmp_path):
    wire.script = [reply(body=autoru(car(1)))]
    feeds_fetch.fetch(f"{wire.url}/feed.xml", tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == autoru(car(1))
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_archives(tmp_path):
    (tmp_path / "gz").write_bytes(gzip.compress(autoru(car(1))))
    with zipfile.ZipFile(tmp_path / "zip", "w") as archive:
        archive.writestr("feed.xml", autoru(car(1)))
    for name in ("gz", "zip"):
        feeds_fetch.unpack(tmp_path / name, tmp_path / "f")
        assert (tmp_path / "f").read_bytes() == autoru(car(1))


def test_archives_that_are_refused(tmp_path):
    (tmp_path / "bomb").write_bytes(gzip.compress(b"0" * 3_000_000))
    (tmp_path / "cut").write_bytes(gzip.compress(autoru(car(1)))[:-20])
    with zipfile.ZipFile(tmp_path / "two", "w") as archive:
        archive.writestr("a", b"")
        archive.writestr("b", b"")
    for name, reason in {"bomb": "too_big", "cut": "archive", "two": "archive"}.items():
        with pytest.raises(FeedError, match=reason):
            feeds_fetch.unpack(tmp_path / name, tmp_path / "f", limit=1_000_000)


@pytest.mark.parametrize(
    "url",
    ["http://dealer.example.org/f.xml", "https://127.0.0.1/f.xml", "https://localhost/f.xml", "file:///etc/passwd",
     "https://10.0.0.1/f.xml", "https://169.254.169.254/latest", "https://[::1]/f", "https://dealer.example.org:22/",
     ""],
)  # fmt: skip
def test_addresses_that_are_never_asked(tmp_path, url):
    with pytest.raises(RejectedError, match="media_refused"):
        feeds_fetch.fetch(url, tmp_path / "f")


def test_a_redirect_stays_on_the_feeds_host(wire, tmp_path):
    wire.routes = {
        "GET /there": reply(301, b"", Location="/feed.xml"),
        "GET /feed.xml": reply(body=autoru(car(1))),
        "GET /away": reply(302, b"", Location="http://127.0.0.1:9/feed.xml"),
        "GET /far": reply(302, b"", Location="https://evil.example/feed.xml"),
    }
    feeds_fetch.fetch(f"{wire.url}/there", tmp_path / "f")
    for path in ("/away", "/far"):
        with pytest.raises(RejectedError, match="media_refused"):
            feeds_fetch.fetch(wire.url + path, tmp_path / "f")


def test_too_large_and_too_slow(wire, tmp_path, monkeypatch):
    monkeypatch.setattr(feeds_fetch, "LINE_LIMIT", 1000)
    wire.script = [reply(body=b"x" * 2000)]
    with pytest.raises(RejectedError, match="media_refused"):
        feeds_fetch.fetch(f"{wire.url}/f", tmp_path / "f")
    monkeypatch.setattr(feeds_fetch, "SILENCE_LIMIT", 0.3)
    wire.script = [lambda connection: time.sleep(2)]
    with pytest.raises(TemporaryError, match="timeout"):
        feeds_fetch.fetch(f"{wire.url}/f", tmp_path / "f")


def test_photos_only_from_the_feeds_own_and_the_allowed_hosts(wire):
    wire.routes = {
        "GET /1.jpg": reply(body=b"\xff\xd8\xff\xe0" + b"0" * 50),
        "GET /2.jpg": reply(body=b"<svg/>"),
    }
    assert feeds_fetch.fetch_photo(f"{wire.url}/1.jpg", f"{wire.url}/f.xml", ()).mimetype == "image/jpeg"
    for url in (f"{wire.url}/2.jpg", "https://other.example/1.jpg"):
        with pytest.raises(RejectedError, match="media_refused"):
            feeds_fetch.fetch_photo(url, f"{wire.url}/f.xml", ("photo.example.org",))
