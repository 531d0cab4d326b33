"""What a page that has nothing to do with chats pays for them: the same Odoo with and without this addon."""

import re

from ..figures import counted
from .asking import LOGGED, Browser

#: What a page asks for by itself, in this order.
PAGE, MENUS, DATA = "/odoo/settings", "/web/webclient/load_menus", "/mail/data"
PARAMS = ["failures", "systray_get_activities", "init_messaging"]
QUERIES, BYTES = 1, 8 * 1024
PARTS = {"js": "scripts", "css": "styles", "page": "the page itself", "data": "what it fetches first"}


def measure(opened, database):
    """:param database: one that has the addon"""
    with opened.database("without", with_addon=False) as without:
        loads = []
        for one in (database, without):
            with opened.serving(one, *LOGGED) as server:
                loads.append(_load(Browser(server, "admin")))
    ours, theirs = loads
    more = {name: ours[name] - theirs[name] for name in ours}
    return [
        counted("any other page: queries more", more["queries"], "", QUERIES),
        counted("any other page: bytes more", sum(more[part] for part in PARTS), "B", BYTES),
        *(counted(f"of it {told}", more[part], "B") for part, told in PARTS.items()),
        counted("any other page: bytes more, as a proxy compresses them", more["sent"], "B"),
        counted("any other page: translations more, once until they change", more["translations"], "B"),
        counted("any other page: menus more, once until they change", more["menus"], "B"),
    ]


def _load(browser):
    """Queries and bytes of the third load: caches are warm, as they mostly are."""
    for _time in range(3):
        page = browser.get(PAGE)
        menus = browser.get(MENUS)
        data = browser.post(DATA, {"fetch_params": PARAMS, "context": {}})
    paths = re.findall(r'(?:src|href)="(/web/assets/[^"]+\.(?:js|css))"', page.data)
    bundles = {path: browser.get(path) for path in paths}
    translations = browser.get("/web/webclient/translations?lang=ru_RU")
    return {
        "queries": sum(browser.queries(path)[-1] for path in (PAGE, MENUS, DATA)),
        "page": page.size,
        "data": data.size,
        "js": sum(bundle.size for path, bundle in bundles.items() if path.endswith("js")),
        "css": sum(bundle.size for path, bundle in bundles.items() if path.endswith("css")),
        "sent": sum(answer.sent for answer in (page, data, *bundles.values())),
        "translations": translations.size,
        "menus": menus.size,
    }
