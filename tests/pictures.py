"""Pictures of the screens for README, docs and the addon's page: what is shown has to be whole."""

from playwright.sync_api import expect

from devtools.paths import ADDON_DIR, ROOT, SCREENSHOTS

ADDONS_PAGE = ADDON_DIR / "static" / "description"
DOCS = ROOT / "docs" / "pictures"
SMALLEST, LARGEST = 15_000, 350_000  # bytes
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
LOADED = "() => [...document.images].every((image) => image.complete || image.loading === 'lazy')"


class Pictures:
    """Keeps pictures with the screenshots, or (`--write-pictures`) where they are shown."""

    def __init__(self, write):
        self.write = write

    def take(self, page, name, folder=ADDONS_PAGE):
        """What the page shows now is that picture."""
        expect(page.locator(".placeholder-glow, .fa-spin, .o_notification")).to_have_count(0)
        page.wait_for_function(LOADED)
        assert page.evaluate(SIDEWAYS) == 0
        folder = folder if self.write else SCREENSHOTS
        folder.mkdir(parents=True, exist_ok=True)
        taken = page.screenshot(path=folder / f"{name}.png", animations="disabled", caret="hide")
        assert SMALLEST < len(taken) < LARGEST, name
