"""Runs in Odoo's shell: what the database alone spends, under an employee's rights."""

import threading

from ..store import writing
from ..texts import EMPLOYEE

#: Names, cars, numbers, words that many and few say, whole phrases, what is not there, and what is too short.
TEXTS = (
    "здравствуйте|добрый день|торг уместен|торг|двигатель не дымит|Vesta|Camry|Kia Rio|BMW X3|Патриот|Александр Иванов"
    "|Мария|Соколов|XTA21099000000123|9 219 00|91996239|+7 921 123 45|тел. 8 912|2508 тысяч|1234 тысяч"
    "|ключей два комплекта Mazda|пришлите VIN|камера заднего вида|диагностику на вашем сервисе|зимняя резина|пят|гар"
    "|нетничего|100%|qwerty|ок|X5|ё|!!"
).split("|")

INDEX = (
    "SELECT indexname FROM pg_indexes WHERE tablename = 'marketplace_message' AND indexdef LIKE '%gin_trgm%'"
)


def _spent(env, work):
    """Milliseconds of the statements of some work, from an empty cache."""
    env.invalidate_all()
    thread = threading.current_thread()
    thread.query_count, thread.query_time = 0, 0
    work()
    return 1000 * thread.query_time


def _chats(env):
    user = env["res.users"].search([("login", "=", EMPLOYEE)])
    return (
        env["marketplace.conversation"].with_user(user).with_context(allowed_company_ids=user.company_ids.ids)
    )


def badge(env, times):
    chats = _chats(env)
    chats._count_view("waiting")
    return [_spent(env, lambda: chats._count_view("waiting")) for _time in range(times)]


def search(env, times):
    """The whole answer: the chats found, their columns, where in them the text stands, the numbers of the views."""
    chats = _chats(env)
    for text in TEXTS:  # what was never read has to come from the disk
        chats.chats_list("all", search=text)
    return {
        text: [_spent(env, lambda text=text: chats.chats_list("all", search=text)) for _time in range(times)]
        for text in TEXTS
    }


def writing_with_and_without(env, channel, batch, chats, runs):
    """Seconds for a batch, with the index of the texts and without it."""
    channel = env["marketplace.channel"].browse(channel)
    # Not the newest, among which are very long ones.
    env.cr.execute(
        "SELECT id, external_id FROM marketplace_conversation WHERE channel_id = %s ORDER BY id DESC LIMIT %s",
        (channel.id, chats),
    )
    known = env.cr.fetchall()
    took = {}
    for name in ("with", "without"):
        if name == "without":
            env.cr.execute(INDEX)
            for (index,) in env.cr.fetchall():
                env.cr.execute(f'DROP INDEX "{index}"')
            env.cr.commit()
        marks = range(-1, runs)
        took[name] = [writing.ours(env, channel, known, batch, f"{name}{mark}") for mark in marks][1:]
    return took
