"""What every backend page carries for the chats."""

from odoo.tests import TransactionCase, tagged

OURS = "/crm_marketplace_chats/"
MOST = 8 * 1024


@tagged("post_install", "-at_install")
class TestWeight(TransactionCase):
    def test_every_page_carries_less_than_8_kb(self):
        """Our share of the main bundle as Odoo serves it without debug: templates are not minified."""
        bundle = self.env["ir.qweb"]._get_asset_bundle("web.assets_backend", debug_assets=False)
        bundle.preprocess_css()

        def weigh(assets, served):
            return sum(len(served(asset).encode()) for asset in assets if (asset.url or "").startswith(OURS))

        weights = {
            "scripts": weigh(bundle.javascripts, lambda asset: asset.minify()),
            "templates": weigh(bundle.templates, lambda asset: asset.content),
            "styles": weigh(bundle.stylesheets, lambda asset: asset.minify()),
        }
        self.assertTrue(weights["scripts"] and weights["styles"], "nothing of ours was found")
        self.assertLess(sum(weights.values()), MOST, weights)
