import io

from PIL import Image, ImageOps, WebPImagePlugin

from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import request

from ..marketplaces.reading import clean, line

#: What the marketplaces take as it is; other formats that can be read become JPEG.
TAKEN = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif"}
#: What is read at all. WebP has to be loaded by name: Odoo switches off the formats that it does not use itself.
READ = [*TAKEN, "BMP", WebPImagePlugin.WebPImageFile.format]
#: Bytes of an upload, and its pixels: 24 MB and 75 megapixels are Avito's limits.
SIZE_LIMIT, PIXEL_LIMIT = 24 * 1024 * 1024, 75_000_000


class MarketplaceUpload(http.Controller):
    @http.route(
        "/crm_marketplace_chats/upload/<int:conversation_id>", type="http", auth="user", methods=["POST"]
    )
    def upload(self, conversation_id, file=None, **_form):
        """Take a picture for a reply that is being written.

        :return: ``{"id", "name", "mimetype", "url"}``, or ``{"error"}`` in words
        """
        conversation = request.env["marketplace.conversation"].browse(conversation_id)
        try:
            conversation.check_access("read")
            name = conversation.exists() and conversation.display_name
        except (AccessError, MissingError):
            name = False
        if not name:
            return self._answer({"error": request.env._("The chat is not there any more.")})
        content, mimetype, error = self._read_picture(file)
        if error:
            return self._answer({"error": error})
        # sudo: employees have no write access to chats; `chats_post` gives the picture to a message
        attachment = (
            request.env["ir.attachment"]
            .sudo()
            .create(
                {
                    "name": line(clean(file.filename))[:100] or "photo",
                    "raw": content,
                    "mimetype": mimetype,
                    "res_model": conversation._name,
                    "res_id": conversation.id,
                }
            )
        )
        url = f"/web/image/{attachment.id}"
        return self._answer({"id": attachment.id, "name": attachment.name, "mimetype": mimetype, "url": url})

    @staticmethod
    def _answer(values):
        return request.make_json_response(values)

    @staticmethod
    def _read_picture(file):
        """:return: content, type, error in words; the type is judged by the content"""
        env = request.env
        raw = file.read(SIZE_LIMIT + 1) if file else b""
        if len(raw) > SIZE_LIMIT:
            return None, None, env._("The picture is larger than 24 MB.")
        try:
            image = Image.open(io.BytesIO(raw), formats=READ)
            if image.width * image.height > PIXEL_LIMIT:
                return None, None, env._("The picture has more than 75 megapixels.")
            if image.format in TAKEN:
                return raw, TAKEN[image.format], None
            converted = io.BytesIO()
            ImageOps.exif_transpose(image).convert("RGB").save(converted, "JPEG", quality=88)
        except Exception:  # noqa: BLE001  Pillow raises whatever a broken file leads it to
            return None, None, env._("This file is not a picture.")
        return converted.getvalue(), "image/jpeg", None
