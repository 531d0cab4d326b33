"""The whole program in one object: accounts, faults, log, the three servers."""

import asyncio
from pathlib import Path

from aiohttp import web

from . import seeding, state
from .autoru import PREFIXES, AutoruAccount, AutoruApi
from .avito import AvitoAccount, AvitoApi
from .control import Control
from .faults import FaultBoard
from .feeds import FeedRoutes, Stock
from .gate import Gate, RequestLog
from .live import Traffic
from .media import Media
from .settings import BadInput, Settings
from .webhooks import Courier
from .world import Chat, Message, World

MARKETPLACES = ("avito", "autoru")
# Uploads are at most 24 MB; a little more lets the marketplace's own check answer.
_SAVE_SECONDS = 15.0
_LARGEST_BODY = 26 * 1024 * 1024


class Simulator:
    """Both marketplaces and the control API. `accounts[m][0]` is the demo dealership."""

    def __init__(self, settings: Settings, seed: int):
        self.settings, self.seed = settings, seed
        self._defaults = Settings(**settings.as_dict())
        self.faults = FaultBoard(seed)
        self.log = RequestLog()
        self.courier = Courier(settings, self.faults)
        self.accounts: dict[str, list] = {"avito": [], "autoru": []}
        self.media = {name: Media({}) for name in MARKETPLACES}
        self.avito = AvitoApi(settings, self.media["avito"], self.accounts["avito"])
        self.autoru = AutoruApi(settings, self.media["autoru"], self.accounts["autoru"])
        self.avito.before_answer = self._early_echo
        self.stock = Stock()
        self.traffic = Traffic(self)
        self._runners: list[web.AppRunner] = []
        self.urls: dict[str, str] = {}
        self._state: Path | None = None
        self._saving: asyncio.Task | None = None
        self.reset()

    # --- worlds and accounts ---

    def reset(self, *, empty: bool = False) -> None:
        """Back to the seed: demo accounts only, faults off, counts zero, tokens and sessions forgotten.

        :param empty: cars, but no chats and no calls.
        """
        for name, value in self._defaults.as_dict().items():
            setattr(self.settings, name, value)
        self.courier.forget()
        self.courier.recent.clear()
        self.faults.clear()
        self.stock.change({})
        self.log.reset()
        for held in (self.avito.tokens, self.autoru.sessions, self.autoru.blocked, *self.accounts.values()):
            held.clear()
        for media in self.media.values():
            media.uploads.clear()
        for api in (self.avito, self.autoru):
            api.budget.clear()
        self.add_account("avito", {"client_id": "demo", "client_secret": "demo-secret"}, demo=not empty)
        self.add_account(
            "autoru",
            {"token": "demo-token", "login": "demo@example.ru", "password": "demo-password"},
            demo=not empty,
        )

    def add_account(
        self,
        marketplace: str,
        keys: dict,
        *,
        demo: bool = False,
        name: str = seeding.SALON,
        employee: bool = False,
        messenger: bool = True,
    ):
        """Another dealer with his own world; the first one of a marketplace is the demo.

        :param demo: with the demo's chats and calls, not only its cars.
        :raises BadInput: keys missing or taken.
        """
        wanted = {"avito": ("client_id", "client_secret"), "autoru": ("token", "login", "password")}[
            marketplace
        ]
        if set(keys) != set(wanted) or not all(isinstance(value, str) and value for value in keys.values()):
            raise BadInput(
                f"An account at {marketplace} needs the texts {', '.join(wanted)}, and nothing else."
            )
        rows = self.accounts[marketplace]
        identity = {"avito": ("client_id",), "autoru": ("token", "login")}[marketplace]
        if any(all(getattr(row, key) == keys[key] for key in identity) for row in rows):
            raise BadInput("There is an account with these keys already.")
        user_id = {"avito": 94_230_001, "autoru": 30_001}[marketplace] + len(rows)
        world = World(marketplace, user_id, self.seed)
        seeding.fill(world, demo=demo)
        world.forget_seed()
        if marketplace == "avito":
            account = AvitoAccount(
                **keys, user_id=user_id, name=name, world=world, employee=employee, messenger=messenger
            )
        else:
            account = AutoruAccount(**keys, user_id=user_id, name=name, world=world)
        self._tie(marketplace, account)
        rows.append(account)
        return account

    def _tie(self, marketplace: str, account) -> None:
        """Let the account's world tell of its messages."""
        account.world.skew = lambda: self._skew(marketplace)
        account.world.on_message = lambda chat, message: self._announce(marketplace, account, chat, message)

    # --- memory over a restart ---

    def memory(self) -> dict:
        """What the marketplaces know: accounts with their worlds, keys given out, pictures."""
        return {
            "seed": self.seed,
            "accounts": self.accounts,
            "tokens": self.avito.tokens,
            "sessions": self.autoru.sessions,
            "uploads": {name: media.uploads for name, media in self.media.items()},
        }

    def recall(self, memory: dict) -> None:
        """Take over another run's memory in place of the seed's data."""
        self.avito.tokens.update(memory["tokens"])
        self.autoru.sessions.update(memory["sessions"])
        for name in MARKETPLACES:
            self.media[name].uploads.update(memory["uploads"][name])
            self.accounts[name][:] = memory["accounts"][name]
            for account in self.accounts[name]:
                self._tie(name, account)

    def keep(self, path: Path) -> None:
        """Go on from the file `path` where it fits the seed, and keep it up to date from now on."""
        memory = state.load(path)
        if memory and memory["seed"] == self.seed:
            self.recall(memory)
        self._state = path

    async def _keep_saving(self) -> None:
        while True:
            await asyncio.sleep(_SAVE_SECONDS)
            state.save(self._state, self.memory())

    def account(self, marketplace: str, number: int | None = None):
        """:raises BadInput: no such account."""
        rows = self.accounts[marketplace]
        if number is None:
            return rows[0]
        found = next((account for account in rows if account.user_id == number), None)
        if found is None:
            raise BadInput(f"There is no account {number} at {marketplace}.")
        return found

    def owner(self, marketplace: str, chat_id: str):
        """The account that holds a chat. :raises BadInput: nobody does."""
        for account in self.accounts[marketplace]:
            if chat_id in account.world.chats:
                return account
        raise BadInput(f"There is no chat {chat_id!r} at {marketplace}.")

    def _announce(self, marketplace: str, account, chat: Chat, message: Message) -> None:
        deliver = self.courier.avito if marketplace == "avito" else self.courier.autoru
        deliver(account, self.media[marketplace], chat, message)

    def _skew(self, marketplace: str) -> float:
        fault = self.faults.strikes("clock_skew", marketplace)
        return fault.pause() if fault else 0.0

    async def _early_echo(self) -> None:
        if fault := self.faults.strikes("webhook_early", "avito"):
            await asyncio.sleep(fault.pause())

    # --- servers ---

    async def start(self, ports: dict[str, int]) -> None:
        """Listen on 127.0.0.1.

        :param ports: by `avito`, `autoru`, `control`; 0 takes a free one.
        :raises OSError: a port is busy; its attribute `port` says which.
        """
        await self.courier.start()
        apps = {
            "avito": self._app(self.avito, ()),
            "autoru": self._app(self.autoru, PREFIXES[1:]),
            "control": Control(self).app(),
        }
        for name, app in apps.items():
            # No access log: a demo would drown in it, and GET /requests tells more.
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
            await runner.setup()
            self._runners.append(runner)
            site = web.TCPSite(runner, "127.0.0.1", ports[name])
            try:
                await site.start()
            except OSError as error:
                error.port = ports[name]
                raise
            self.urls[name] = f"http://127.0.0.1:{runner.addresses[0][1]}"
        for name in MARKETPLACES:
            self.media[name].base = self.urls[name]
        self.traffic.start()
        if self._state:
            self._saving = asyncio.create_task(self._keep_saving())

    async def stop(self) -> None:
        await self.traffic.stop()
        if self._saving:
            self._saving.cancel()
            state.save(self._state, self.memory())
        await self.autoru.hook.close()
        await self.courier.close()
        for runner in self._runners:
            await runner.cleanup()

    def _app(self, api, prefixes: tuple[str, ...]) -> web.Application:
        gate = Gate(api, self.faults, self.log, prefixes)
        app = web.Application(middlewares=[gate.middleware()], client_max_size=_LARGEST_BODY)
        feed = FeedRoutes(api.name, self.stock, api.media, self.faults)
        app.add_routes([*api.routes(), *api.media.routes(), *feed.routes()])
        return app
