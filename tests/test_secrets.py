"""The server's log at its most talkative tells no key, no token, no text and no telephone."""

from dealership import Marketplace, until
from odoo_server import OdooError
from secrecy import secrets_of, told_in_log

PHONE = "+7 916 123-45-67"
WRONG = "wrong-secret-5f0c2b7a"


def test_no_secret_stands_in_the_log(dealership, odoo, simulator):
    """Messages in and out, a picture, a missed call, refused keys, an ill marketplace; then the log is searched."""
    shop, channel = Marketplace(simulator, "avito"), dealership.channel("avito")
    said = shop.say(name="Аркадий Тайнов", text=f"Перезвоните мне на {PHONE}, шифр Омега-17")
    conversation = channel.await_message(said["chat_id"], said["message_id"])
    shop.say(chat_id=said["chat_id"], type="image")
    shop.say(chat_id=said["chat_id"], type="call", talk_seconds=0)
    shop.fault("error_after", times=1)
    shop.fault("token_expired", times=1)
    answer = "Ответ, которого в журнале быть не должно"
    (row,) = dealership.post("anna", conversation, answer, "secrets-0001")["ids"]
    channel.await_state(row, "sent", "read", seconds=60)
    shop.no_faults()
    channel.wake("calls")
    try_wrong_keys(dealership, simulator)
    log = odoo.log
    until("the log tells of requests", lambda: "/messenger/" in log.read_text() and " ms" in log.read_text())
    secrets = secrets_of(odoo)
    assert {answer, "demo-secret", "Аркадий Тайнов"} <= secrets, "it is known what to look for"
    assert len(secrets) > 20
    assert not told_in_log(odoo, also=(PHONE, WRONG, "Омега-17"))


def try_wrong_keys(dealership, simulator):
    """A channel whose keys are refused, and whose refusal is logged and shown."""
    channel = dealership.new_channel(
        marketplace="avito", base_url=simulator.avito_url, avito_client_id="nobody", avito_client_secret=WRONG
    )
    try:
        channel.call("action_check")
        told = channel.read("check_report", "state_message", "reason_detail")
        assert WRONG not in str(told)
    except OdooError as error:
        assert WRONG not in str(error)
    finally:
        channel.archive()
