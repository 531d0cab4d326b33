"""Companies, people, channels and batches that the tests of this addon share."""

from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from unittest.mock import patch
from uuid import uuid4

from odoo import Command
from odoo.tests import TransactionCase, new_test_user

from odoo.addons.crm_marketplace_chats.marketplaces import base
from odoo.addons.crm_marketplace_chats.marketplaces.payload import (
    Batch,
    RemoteConversation,
    RemoteListing,
    RemoteMessage,
)

from .bazaar import Account, BazaarClient, KeyedBazaarClient, TidyingBazaarClient

#: Where the time of the tests begins: 10:00 UTC.
START = datetime(2026, 3, 2, 10, 0, tzinfo=timezone.utc)

USER, MANAGER = "crm_marketplace_chats.group_chats_user", "crm_marketplace_chats.group_chats_manager"


def moment(minutes, seconds=0):
    """Minutes after the beginning, as the marketplaces give time."""
    return START + timedelta(minutes=minutes, seconds=seconds)


def naive(minutes, seconds=0):
    """The same, as Odoo keeps it."""
    return moment(minutes, seconds).replace(tzinfo=None)


def incoming(external_id, minutes=0, chat="c1", text=None, **values):
    return RemoteMessage(
        external_id,
        chat,
        "in",
        values.pop("kind", "text"),
        values.pop("sent_at", None) or moment(minutes),
        body=f"text of {external_id}" if text is None else text,
        **values,
    )


def outgoing(external_id, minutes=0, chat="c1", text=None, **values):
    return RemoteMessage(
        external_id,
        chat,
        "out",
        values.pop("kind", "text"),
        values.pop("sent_at", None) or moment(minutes),
        body=f"text of {external_id}" if text is None else text,
        **values,
    )


def about(chat="c1", **values):
    return RemoteConversation(chat, **values)


def batch(*things):
    """A batch of conversations, messages and listings, told apart by their kind."""

    def of(kind):
        return tuple(thing for thing in things if isinstance(thing, kind))

    return Batch(of(RemoteConversation), of(RemoteMessage), of(RemoteListing))


def key():
    return str(uuid4())


class ChatsMixin:
    """Fixtures for a `TransactionCase` or an `HttpCase`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        clients = {client.code: client for client in (BazaarClient, KeyedBazaarClient, TidyingBazaarClient)}
        cls.startClassPatcher(patch.dict(base._registry, clients))
        cls.startClassPatcher(patch.dict(Account.accounts, clear=True))
        # Whatever lies in the database already is none of the tests' business.
        cls.env["marketplace.channel"].with_context(active_test=False).search([]).active = False
        cls.company = cls.env["res.company"].create({"name": "Autosalon North"})
        cls.other_company = cls.env["res.company"].create({"name": "Autosalon South"})
        # The database's own language may be another one.
        (cls.company | cls.other_company).partner_id.lang = "en_US"
        cls.manager = cls.person("manager", MANAGER, company_ids=cls.company | cls.other_company)
        cls.anna = cls.person("anna", USER)
        cls.ivan = cls.person("ivan", USER)
        cls.nobody = cls.person("nobody", USER)
        cls.clerk = cls.person("clerk", "base.group_user")
        cls.visitor = cls.person("visitor", "base.group_portal")
        cls.stranger = cls.env.ref("base.public_user")
        cls.avito = cls.channel("Avito North", "avito", users=cls.anna | cls.ivan)
        cls.autoru = cls.channel("Auto.ru North", "autoru", users=cls.anna)

    @classmethod
    def person(cls, login, *groups, company_ids=None):
        companies = company_ids or cls.company
        return new_test_user(
            cls.env,
            f"chats_{login}",
            groups=",".join(groups),
            name=login.title(),
            company_id=cls.company.id,
            company_ids=[Command.set(companies.ids)],
            tz="UTC",
            lang="en_US",
        )

    @classmethod
    def channel(cls, name, marketplace, users=None, company=None, **values):
        return cls.env["marketplace.channel"].create(
            {
                "name": name,
                "marketplace": marketplace,
                "company_id": (company or cls.company).id,
                "user_ids": [Command.set(users.ids if users else [])],
                **values,
            }
        )

    @classmethod
    def bazaar(cls, marketplace="bazaar", name="one", users=None, company=None, history_done=True):
        """A channel at the bazaar and its account there.

        :param history_done: a pull reads all it meets; else what is older than the channel is the history's
        """
        address = f"https://{name}.{marketplace}.example"
        values = {"base_url": address, "history_done": history_done}
        return cls.channel(name, marketplace, users=users, company=company, **values), Account(address)

    @classmethod
    def apply(cls, channel, *things):
        return channel._apply_batch(batch(*things))

    @classmethod
    def chat(cls, channel, external_id="c1"):
        return cls.env["marketplace.conversation"].search(
            [("channel_id", "=", channel.id), ("external_id", "=", external_id)]
        )

    @classmethod
    def written(cls, channel, external_id="c1", *things, **values):
        """A conversation in which the buyer has written once (or ``things``)."""
        things = things or (incoming(f"{external_id}-1", chat=external_id),)
        cls.apply(channel, about(external_id, **values), *things)
        return cls.chat(channel, external_id)

    @classmethod
    def message(cls, channel, external_id):
        return cls.env["marketplace.message"].search(
            [("channel_id", "=", channel.id), ("external_id", "=", external_id)]
        )

    def post(self, conversation, text, user=None, attachments=(), with_key=None):
        """A reply as the screen posts it; the messages."""
        answer = conversation.with_user(user or self.anna).chats_post(text, with_key or key(), attachments)
        return self.env["marketplace.message"].browse(answer["ids"])

    def texts(self, conversation):
        """What the conversation holds, oldest first: direction and text."""
        messages = conversation.message_ids.sorted(lambda message: (message.sent_at, message.id))
        return [(message.direction, message.body) for message in messages]

    # ------------------------------------------------------------ jobs

    @contextmanager
    def job_env(self):
        """An environment in which a job may commit, as the scheduled actions have one."""
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            yield self.env(cr=cr)

    def run_job(self, kind, defects=False):
        """Run the scheduled action of a kind; everything due of it is done.

        :param defects: whether errors of our own are awaited; a job writes them down and goes on
        """
        with self.job_env() as env:
            env["marketplace.job"]._run(kind)
        if not defects:
            self.assertFalse(self.env["marketplace.job"].search([("reason", "=", "internal")]))

    def job(self, channel, kind):
        return channel.job_ids.filtered(lambda job: job.kind == kind)


class ChatsCase(ChatsMixin, TransactionCase):
    pass
