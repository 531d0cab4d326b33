"""Draws the pictures: cars in their colours from several sides, avatars, buyers' snapshots. Pillow only."""

import hashlib
import io
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont, ImageOps, UnidentifiedImageError

from .demo_data import CAR_BY_KEY

# The canvas everything is drawn on; requested sizes are cut from it.
WIDTH, HEIGHT = 1280, 960
_GLASS, _TYRE, _RIM, _LAMP, _STOP = "#2c3e4c", "#17191b", "#aab2b8", "#fff6d6", "#c62828"
_LATIN_PLATE = str.maketrans("АВЕКМНОРСТУХ", "ABEKMHOPCTYX")

# Each shape from the side, front to the right: outline, windows, height of the belt below them, on the canvas.
# fmt: off
_SIDES = {
    "sedan": (
        [(105, 640), (112, 548), (170, 515), (300, 500), (410, 418), (500, 390), (690, 390), (790, 420),
         (890, 505), (1090, 530), (1160, 570), (1180, 630), (1172, 664), (108, 668)],
        [[(345, 498), (425, 434), (500, 414), (572, 412), (572, 500)],
         [(592, 500), (592, 412), (680, 413), (750, 432), (835, 502)]],
        508,
    ),
    "hatch": (
        [(118, 650), (122, 540), (158, 450), (215, 378), (330, 352), (640, 352), (735, 374), (860, 475),
         (1065, 508), (1150, 550), (1172, 612), (1168, 664), (118, 672)],
        [[(205, 468), (240, 395), (330, 378), (392, 377), (392, 470)],
         [(410, 470), (410, 377), (585, 376), (600, 472)],
         [(618, 472), (604, 376), (660, 378), (722, 396), (805, 474)]],
        482,
    ),
    "suv": (
        [(103, 655), (106, 520), (146, 420), (196, 334), (320, 306), (655, 306), (750, 328), (872, 445),
         (1085, 482), (1166, 525), (1186, 600), (1184, 668), (103, 680)],
        [[(188, 438), (224, 352), (320, 334), (392, 333), (392, 440)],
         [(410, 440), (410, 333), (590, 332), (606, 442)],
         [(624, 442), (608, 332), (668, 334), (734, 352), (818, 444)]],
        455,
    ),
}
# fmt: on


def render(key: str, source: bytes | None, width: int, height: int) -> bytes:
    """The picture `key` as JPEG of exactly this size; `source` are the bytes somebody uploaded, if any."""
    image = _opened(source) if source is not None else _drawn(key)
    out = io.BytesIO()
    ImageOps.fit(image, (width, height)).save(out, "JPEG", quality=82)
    return out.getvalue()


def _opened(source: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(source)).convert("RGB")
    except UnidentifiedImageError:  # HEIC is taken as the marketplace takes it, but Pillow cannot show it
        return _snapshot("heic")


@lru_cache(maxsize=24)
def _drawn(key: str) -> Image.Image:
    kind, _, rest = key.partition("-")
    if kind == "avatar":
        return _avatar(rest)
    name, _, view = rest.rpartition("-")
    car = CAR_BY_KEY.get(name)
    if kind != "car" or car is None:
        return _snapshot(key)
    return _VIEWS.get(view, _side)(car)


def _canvas(top: str, floor: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """A hall: a wall that gets lighter downwards, and a floor."""
    strip = Image.linear_gradient("L").resize((WIDTH, 640))
    image = Image.new("RGB", (WIDTH, HEIGHT), floor)
    image.paste(ImageOps.colorize(strip, top, "#f3f5f7"), (0, 0))
    return image, ImageDraw.Draw(image)


def _wheel(draw: ImageDraw.ImageDraw, x: int, y: int, radius: int) -> None:
    for share, colour in ((1.0, _TYRE), (0.66, _RIM), (0.52, "#6f787f"), (0.16, _TYRE)):
        r = radius * share
        draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)


def _rounded(points: list[tuple[int, int]]) -> list[tuple[float, float]]:
    """The outline with its corners cut three times (Chaikin), which makes curves of them."""
    for _ in range(3):
        points = [
            (ax * near + bx * (1 - near), ay * near + by * (1 - near))
            for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1], strict=True)
            for near in (0.86, 0.14)
        ]
    return points


def _body(draw: ImageDraw.ImageDraw, shape: str, colour: str) -> None:
    outline, windows, belt = _SIDES[shape]
    draw.ellipse((90, 715, 1200, 790), fill="#8b9298")
    draw.polygon(_rounded(outline), fill=colour, outline="#2a2d30", width=4)
    for window in windows:
        draw.polygon(_rounded(window), fill=_GLASS)
    for x in (400, 614, 832):
        draw.line([(x, belt), (x - 6, 652)], fill="#2a2d30", width=3)
    for x in (540, 752):
        draw.rounded_rectangle((x, belt + 26, x + 48, belt + 36), 5, fill="#2a2d30")
    draw.line([(122, 630), (1170, 622)], fill="#2a2d30", width=2)
    draw.rounded_rectangle((108, belt + 50, 172, belt + 84), 12, fill=_STOP)
    draw.rounded_rectangle((1092, belt + 62, 1168, belt + 92), 14, fill=_LAMP, outline="#8a8f93", width=2)
    for x in (310, 955):
        draw.pieslice((x - 108, 555, x + 108, 771), 180, 360, fill="#2a2d30")
        _wheel(draw, x, 675, 92)


def _side(car) -> Image.Image:
    image, draw = _canvas("#c5ced6", "#a9b1b8")
    draw.rectangle((60, 90, 520, 170), fill="#1f3a5f")
    draw.text((84, 104), "SEVER  AUTO", font=ImageFont.load_default(52), fill="#ffffff")
    _body(draw, car.shape, car.colour_rgb)
    return image


def _left(car) -> Image.Image:
    image, draw = _canvas("#9fc3e4", "#6f7a70")
    for x in range(0, WIDTH, 160):
        draw.rectangle((x, 300 + x % 320 // 4, x + 120, 640), fill="#d5d9dc")
    _body(draw, car.shape, car.colour_rgb)
    return ImageOps.mirror(image)


def _face(car, lamps: str) -> Image.Image:
    """Front and rear are the same box with other lamps."""
    image, draw = _canvas("#c5ced6", "#a9b1b8")
    roof = 330 if car.shape == "suv" else 380
    draw.ellipse((240, 760, 1040, 840), fill="#8b9298")
    for x in (330, 870):
        draw.rounded_rectangle((x, 680, x + 90, 800), 24, fill=_TYRE)
    draw.polygon(
        [(390, 520), (460, roof), (820, roof), (890, 520)], fill=car.colour_rgb, outline="#2a2d30", width=4
    )
    draw.polygon([(420, 515), (480, roof + 25), (800, roof + 25), (860, 515)], fill=_GLASS)
    draw.rounded_rectangle((290, 510, 990, 740), 50, fill=car.colour_rgb, outline="#2a2d30", width=4)
    for x in (320, 820):
        draw.rounded_rectangle((x, 560, x + 140, 610), 20, fill=lamps)
    if lamps == _LAMP:
        draw.rounded_rectangle((490, 560, 790, 640), 16, fill="#2a2d30")
    draw.rectangle((540, 665, 740, 715), fill="#ffffff", outline="#2a2d30", width=3)
    text = car.plate.translate(_LATIN_PLATE) if car.plate else "SEVER"
    draw.text((640, 690), text, font=ImageFont.load_default(34), fill="#111111", anchor="mm")
    return image


def _front(car) -> Image.Image:
    return _face(car, _LAMP)


def _rear(car) -> Image.Image:
    return _face(car, _STOP)


def _cabin(car) -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), "#3a3d40")
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, 0), (WIDTH, 0), (WIDTH, 330), (0, 380)], fill="#b9d3e6")
    draw.rounded_rectangle((-40, 340, WIDTH + 40, 620), 60, fill="#26282a")
    draw.rounded_rectangle((560, 330, 940, 560), 18, fill="#0f1214", outline="#5a6066", width=6)
    draw.text((750, 445), car.model, font=ImageFont.load_default(48), fill="#7fd0ff", anchor="mm")
    draw.rounded_rectangle((200, 380, 500, 500), 30, fill="#101214")
    draw.arc((130, 400, 570, 840), 0, 360, fill="#0d0e0f", width=44)
    draw.ellipse((290, 560, 410, 680), fill="#1a1c1e")
    for x in (60, 780):
        draw.rounded_rectangle((x, 720, x + 440, 1000), 60, fill="#54504a", outline="#2b2926", width=6)
    return image


_VIEWS = {"side": _side, "left": _left, "front": _front, "rear": _rear, "cabin": _cabin}


def _snapshot(key: str) -> Image.Image:
    """A buyer's own photo: some car in a yard, its colour and shape taken from the key."""
    digest = hashlib.sha256(key.encode()).digest()
    colour = "#" + bytes(60 + value // 2 for value in digest[:3]).hex()
    image, draw = _canvas("#8fa7b8", "#575c5f")
    for x in range(40, WIDTH, 210):
        draw.rectangle((x, 120 + digest[3] % 80, x + 150, 620), fill="#a58f7c")
        for y in range(180, 600, 90):
            draw.rectangle((x + 30, y, x + 70, y + 50), fill="#dfe9ef")
    _body(draw, tuple(_SIDES)[digest[4] % len(_SIDES)], colour)
    return image.rotate(digest[5] % 5 - 2, fillcolor="#575c5f")


def _avatar(key: str) -> Image.Image:
    hue = int(hashlib.sha256(key.encode()).hexdigest()[:4], 16) % 360
    image = Image.new("RGB", (WIDTH, HEIGHT), f"hsl({hue}, 45%, 70%)")
    draw = ImageDraw.Draw(image)
    draw.ellipse((490, 230, 790, 530), fill="#ffffff")
    draw.ellipse((340, 580, 940, 1180), fill="#ffffff")
    return image
