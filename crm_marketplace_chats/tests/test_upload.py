"""Pictures for a reply: what is taken, what is converted, what is refused in words."""

import io
from datetime import timedelta

from PIL import Image, WebPImagePlugin  # noqa: F401  loaded by name: Odoo switches off what it does not use

from odoo import fields
from odoo.http import Request
from odoo.tests import HttpCase, freeze_time, mute_logger, tagged

from .common import ChatsMixin

HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"


def picture(kind, size=(20, 10), mode="RGB"):
    file = io.BytesIO()
    Image.new(mode, size, "red").save(file, kind)
    return file.getvalue()


@tagged("post_install", "-at_install")
class TestUpload(ChatsMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ours, cls.foreign = cls.written(cls.avito), cls.written(cls.autoru)

    def upload(self, content, conversation=None, user=None, name="photo", **kwargs):
        user = user or self.ivan
        self.authenticate(user.login, user.login)
        data = {"csrf_token": kwargs.pop("token", None) or Request.csrf_token(self)}
        files = {"file": (name, content)} if content is not None else {"other": ("x", b"x")}
        path = f"/crm_marketplace_chats/upload/{(conversation or self.ours).id}"
        return self.url_open(path, data=data, files=files, **kwargs)

    def attachments(self):
        return self.env["ir.attachment"].search(
            [("res_model", "=", "marketplace.conversation"), ("res_field", "=", False)]
        )

    def test_taken_as_it_is(self):
        for kind, mimetype in (("PNG", "image/png"), ("JPEG", "image/jpeg"), ("GIF", "image/gif")):
            content = picture(kind)
            answer = self.upload(content, name="a.exe").json()
            with self.subTest(kind=kind):
                self.assertEqual(set(answer), {"id", "name", "mimetype", "url"})
                self.assertEqual(answer["mimetype"], mimetype)
                attachment = self.env["ir.attachment"].browse(answer["id"])
                self.assertEqual(attachment.raw, content)
                self.assertEqual(
                    (attachment.res_model, attachment.res_id, attachment.create_uid),
                    ("marketplace.conversation", self.ours.id, self.ivan),
                )
                self.assertEqual(self.url_open(answer["url"]).content, content)

    def test_converted(self):
        for kind, mode in (("WEBP", "RGBA"), ("BMP", "RGB")):
            with self.subTest(kind=kind):
                answer = self.upload(picture(kind, mode=mode)).json()
                self.assertEqual(answer.get("mimetype"), "image/jpeg", answer)
                image = Image.open(io.BytesIO(self.env["ir.attachment"].browse(answer["id"]).raw))
                self.assertEqual((image.format, image.size), ("JPEG", (20, 10)))

    def test_refused(self):
        contents = {"text": b"hello", "empty": b"", "svg": SVG, "heic": HEIC, "cut": picture("WEBP")[:40]}
        # PostScript is handed to an interpreter by image libraries.
        contents |= {"postscript": POSTSCRIPT, "none": None}
        for name, content in contents.items():
            with self.subTest(kind=name):
                answer = self.upload(content).json()
                self.assertEqual(set(answer), {"error"})
                self.assertTrue(answer["error"])
        self.assertFalse(self.attachments())

    def test_too_large(self):
        bytes_too_many = picture("PNG") + bytes(24 * 1024 * 1024)
        self.assertIn("24 MB", self.upload(bytes_too_many, timeout=60).json()["error"])
        self.assertIn("megapixels", self.upload(picture("PNG", (10_000, 8_000), "1")).json()["error"])
        self.assertFalse(self.attachments())

    def test_foreign_conversation(self):
        for user, conversation in (
            (self.ivan, self.foreign),
            (self.nobody, self.ours),
            (self.clerk, self.ours),
        ):
            answer = self.upload(picture("PNG"), conversation, user).json()
            self.assertEqual(set(answer), {"error"})
        gone = self.env["marketplace.conversation"].browse(self.ours.id + 10**6)
        self.assertEqual(set(self.upload(picture("PNG"), gone).json()), {"error"})
        self.assertFalse(self.attachments())

    @mute_logger("odoo.http")
    def test_only_from_our_own_pages(self):
        self.assertEqual(self.upload(picture("PNG"), token="x").status_code, 400)
        self.logout()
        response = self.url_open(
            f"/crm_marketplace_chats/upload/{self.ours.id}",
            files={"file": ("x", b"x")},
            allow_redirects=False,
        )
        self.assertNotEqual(response.status_code, 200)
        self.assertFalse(self.attachments())

    def test_what_nobody_posts_goes_after_a_day(self):
        self.upload(picture("PNG"))
        kept = self.upload(picture("PNG")).json()["id"]
        message = self.post(self.ours, "", self.ivan, attachments=[kept])
        collect = self.env["marketplace.message"]._gc_uploads
        collect()
        self.assertEqual(len(self.attachments()), 1)
        with freeze_time(fields.Datetime.now() + timedelta(days=1, minutes=1)):
            collect()
        self.assertFalse(self.attachments())
        self.assertTrue(message.attachment_ids.exists(), "what was posted stays")

    def test_posted(self):
        """From the upload to the message: the picture is the message's, and can be posted once."""
        number = self.upload(picture("PNG")).json()["id"]
        message = self.post(self.ours, "", self.ivan, attachments=[number])
        self.assertEqual((message.kind, message.attachment_ids.id), ("image", number))
        self.assertFalse(self.attachments())
