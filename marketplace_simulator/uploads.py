"""Which pictures Avito takes."""

import io

from PIL import Image, UnidentifiedImageError

# The limit on pixels is Avito's own, checked on the header before anything is decoded.
Image.MAX_IMAGE_PIXELS = None

_BYTES, _PIXELS = 24 * 1024 * 1024, 75_000_000
_FORMATS = {"JPEG", "GIF", "BMP", "PNG"}
# HEIC, which Pillow cannot read, is known by its brand.
_HEIC = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc")


def refusal(content: bytes) -> str | None:
    """Why an uploaded file is not taken, None when it is."""
    if len(content) > _BYTES:
        return "larger than 24 MB"
    if content[4:12] in _HEIC:
        return None
    try:
        image = Image.open(io.BytesIO(content))
    except (UnidentifiedImageError, OSError, ValueError):
        return "not an image"
    if image.format not in _FORMATS:
        return f"format {image.format} is not taken"
    if image.width * image.height > _PIXELS:
        return "more than 75 megapixels"
    return None
