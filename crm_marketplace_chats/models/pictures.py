"""Pictures that people give us, made such as a marketplace takes them."""

import io

from PIL import Image, ImageOps, WebPImagePlugin

from odoo.exceptions import UserError

#: What is read at all, and under which name the marketplaces know it. WebP has to be loaded by name: Odoo switches
#: off the formats that it does not use itself.
READ = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    WebPImagePlugin.WebPImageFile.format: "image/webp",
}
#: What every browser shows and is small enough; other formats become JPEG whoever takes them.
KEPT = ("image/jpeg", "image/png", "image/gif")
#: The largest file and the most pixels that are looked at: Avito's limits, 24 MB and 75 megapixels
#: (https://developers.avito.ru/api-catalog/messenger/documentation, uploadImages).
SIZE_LIMIT, PIXEL_LIMIT = 24 * 1024 * 1024, 75_000_000
#: Smaller steps in which a picture that is too heavy is tried: length of the longer side, quality.
LIGHTER = ((2560, 88), (1920, 85), (1280, 80), (800, 70))


def fit_picture(env, raw, types=KEPT, size_limit=SIZE_LIMIT):
    """A picture as a marketplace takes it: unchanged where that is possible, else as a JPEG that is light enough.

    :param types: what the marketplace takes
    :param size_limit: its largest file, in bytes
    :return: content, type; the type is judged by the content
    :raises UserError: when this cannot be done, with the reason
    """
    if len(raw) > SIZE_LIMIT:
        raise UserError(env._("The picture is larger than 24 MB."))
    try:
        image = Image.open(io.BytesIO(raw), formats=list(READ))
        if image.width * image.height > PIXEL_LIMIT:
            raise UserError(env._("The picture has more than 75 megapixels."))
        mimetype = READ[image.format]
        if mimetype in KEPT and mimetype in types and len(raw) <= size_limit:
            return raw, mimetype
        content = _as_jpeg(image, size_limit)
    except UserError:
        raise
    except Exception:  # noqa: BLE001  Pillow raises whatever a broken file leads it to
        raise UserError(env._("This file is not a picture.")) from None
    if not content:
        raise UserError(env._("The picture is too large for this marketplace."))
    return content, "image/jpeg"


def _as_jpeg(image, size_limit):
    """:return: nothing where even the lightest is too heavy"""
    upright = ImageOps.exif_transpose(image).convert("RGB")
    for side, quality in ((max(upright.size), 88), *LIGHTER):
        upright.thumbnail((side, side))
        file = io.BytesIO()
        upright.save(file, "JPEG", quality=quality)
        if file.tell() <= size_limit:
            return file.getvalue()
    return None
