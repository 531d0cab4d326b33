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

# Outline of body and windows for each shape, seen from the side, on the canvas.
# fmt: off
_SIDES = {
    "sedan": (
        [(110, 640), (130, 560), (330, 520), (470, 410), (760, 405), (900, 505), (1120, 530), (1175, 590),
         (1175, 660), (110, 670)],
        [[(385, 515), (490, 430), (610, 428), (610, 515)], [(630, 515), (630, 428), (745, 428), (850, 512)]],
    ),
    "hatch": (
        [(120, 640), (135, 560), (330, 515), (450, 385), (860, 375), (1010, 460), (1120, 500), (1165, 580),
         (1165, 660), (120, 670)],
        [[(375, 510), (470, 408), (610, 404), (610, 508)], [(630, 508), (630, 403), (845, 400), (960, 500)]],
    ),
    "suv": (
        [(105, 640), (115, 540), (320, 495), (420, 345), (900, 335), (1060, 440), (1150, 475), (1180, 570),
         (1180, 670), (105, 680)],
        [[(365, 490), (445, 370), (600, 366), (600, 486)], [(622, 486), (622, 365), (850, 360), (990, 470)]],
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


def _body(draw: ImageDraw.ImageDraw, shape: str, colour: str) -> None:
    outline, windows = _SIDES[shape]
    draw.ellipse((90, 700, 1200, 790), fill="#8b9298")
    draw.polygon(outline, fill=colour, outline="#2a2d30", width=4)
    for window in windows:
        draw.polygon(window, fill=_GLASS)
    draw.line([(620, 500), (615, 655)], fill="#2a2d30", width=3)
    draw.line([(140, 600), (1165, 590)], fill="#2a2d3055", width=2)
    draw.rectangle((690, 535, 750, 545), fill="#2a2d30")
    draw.polygon([(118, 560), (190, 548), (190, 585), (114, 595)], fill=_STOP)
    draw.polygon([(1090, 535), (1165, 550), (1168, 580), (1100, 572)], fill=_LAMP)
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
