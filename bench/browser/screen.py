"""The Chats screen as the measurements use it."""

from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import expect

IN_PAGE = Path(__file__).with_name("in_page.js")


class Screen:
    """A page of that user; `in_page.js` is there as `bench` after each loading. Use as a context manager."""

    def __init__(self, stage, path="/odoo/chats", login="anna"):
        self.stage = stage
        self.page = stage.pages(login, path="about:blank")
        self.page.context.add_init_script(path=IN_PAGE)
        self.page.goto(path)

    def do(self, call, *arguments):
        """Call a function of `bench` and return what it gives."""
        return self.page.evaluate(f"(arguments) => bench.{call}(...arguments)", list(arguments))

    def value(self, name):
        return self.page.evaluate(f"() => bench.{name}")

    def show_all(self, rows):
        """Show the view of all chats, with at least that many rows of our own loaded; return those, newest first."""
        self.page.locator(".o_mchats_view[data-view=all]").click()
        expect(
            self.page.locator(".o_mchats_list:has(.active[data-view=all]) [aria-busy=false]")
        ).to_be_attached()
        names = self.page.locator(".o_mchats_name").filter(has_text="Клиент")
        while names.count() < rows:
            before = names.count()
            self.page.locator(".o_mchats_end").scroll_into_view_if_needed()
            expect(names.nth(before)).to_be_attached()
        return self.page.evaluate(
            """() => [...document.querySelectorAll(".o_mchats_row")].flatMap((row) => {
                const [, number] = row.querySelector(".o_mchats_name").textContent.match(/^Клиент (\\d+)$/) ?? [];
                return number ? [{ id: Number(row.dataset.id), number: Number(number) }] : [];
            })"""
        )

    def open(self, chat_id):
        """Open the chat with that id at the marketplace, whose row is loaded."""
        self.page.locator(f".o_mchats_row[data-id='{self.stage.number(chat_id)}']").click()
        expect(self.page.locator("textarea.o_mchats_input")).to_be_focused()
        expect(self.page.locator("[data-message]").last).to_be_visible()

    def memory(self):
        """What the page holds after the garbage is collected: megabytes of the heap, nodes, listeners, and the records
        of messages and chats in its store."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("Performance.enable")
        for _ in range(3):  # what waits for a finalizer goes with the next one
            session.send("HeapProfiler.collectGarbage")
        found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        session.detach()
        return {
            "heap": found["JSHeapUsedSize"] / 2**20,
            "nodes": found["Nodes"],
            "listeners": found["JSEventListeners"],
            "records": self.do("held", "marketplace.message") + self.do("held", "marketplace.conversation"),
        }

    @contextmanager
    def at_work(self, clock="threadTicks"):
        """Give a function: how many ms the page's main thread has been at work since then. It was not while it waited
        for the screen, the server, the user.

        :param clock: "threadTicks": its processor time, whoever else uses the machine; "timeTicks": by the clock
        """
        session = self.page.context.new_cdp_session(self.page)
        session.send("Performance.enable", {"timeDomain": clock})

        def used():
            found = session.send("Performance.getMetrics")["metrics"]
            return next(1000 * one["value"] for one in found if one["name"] == "TaskDuration")

        before = used()
        yield lambda: used() - before
        session.detach()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.page.context.close()
