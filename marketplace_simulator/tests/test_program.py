"""Starting, ending, ports, options."""

import signal
import socket
import subprocess
import sys
import time

import pytest
import requests

from .conftest import ROOT, Avito, Simulator, start, stop


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_cleanly(number):
    process, urls = start("--quiet")
    assert set(urls) == {"avito", "autoru", "control"}
    process.send_signal(number)
    assert process.wait(5) == 0
    process.stdout.close()


def test_it_ends_while_a_request_hangs():
    process, urls = start("--quiet")
    simulator = Simulator(urls)
    simulator.fault("timeout_before", seconds=60)
    with pytest.raises(requests.Timeout):
        requests.get(urls["avito"] + "/core/v1/accounts/self", timeout=0.3)
    started = time.time()
    assert stop(process) == 0
    assert time.time() - started < 5


def test_a_busy_port_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "marketplace_simulator", "--avito-port", port]
        result = subprocess.run(
            [*command, "--autoru-port", "0", "--control-port", "0"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=20,
        )
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == f"Port {port} on 127.0.0.1 cannot be used: Address already in use.\n"


def test_the_same_seed_gives_the_same_chats_and_another_one_others():
    seen = []
    for seed in ("5", "5", "6"):
        process, urls = start("--quiet", "--seed", seed)
        seen.append([chat["id"] for chat in Simulator(urls).get("/avito/chats")["chats"]])
        stop(process)
    assert seen[0] == seen[1]
    assert not set(seen[0]) & set(seen[2])


def test_new_ids_never_repeat_after_a_reset(simulator):
    first = simulator.post("/avito/say", {"text": "раз"})
    simulator.post("/reset")
    second = simulator.post("/avito/say", {"text": "раз"})
    assert first["message_id"] != second["message_id"]
    assert first["chat_id"] != second["chat_id"]


def test_the_memory_outlives_a_restart(tmp_path):
    file = tmp_path / "state"
    file.write_bytes(b"rubbish")
    process, urls = start("--quiet", "--state", str(file))
    simulator, avito = Simulator(urls), Avito(urls["avito"]).sign_in()
    said = simulator.post("/avito/say", {"text": "запомни"})
    room = simulator.post("/autoru/say", {"text": "и это"})["chat_id"]
    avito.post("/messenger/v3/webhook", {"url": "http://127.0.0.1:9/x"})
    before = {name: simulator.get(f"/{name}/chats") for name in ("avito", "autoru")}
    assert stop(process) == 0
    process, urls = start("--quiet", "--state", str(file))
    simulator, avito.base = Simulator(urls), urls["avito"]
    assert {name: simulator.get(f"/{name}/chats") for name in ("avito", "autoru")} == before
    assert simulator.transcript("avito", said["chat_id"])[0]["text"] == "запомни"
    assert (
        avito.post("/messenger/v1/subscriptions").json()["subscriptions"][0]["url"] == "http://127.0.0.1:9/x"
    )
    assert avito.send(said["chat_id"], "помню").status_code == 200
    assert simulator.get(f"/autoru/chats/{room}")["count"] == 1
    stop(process)
    process, urls = start("--quiet", "--state", str(file), "--seed", "2")
    assert len(Simulator(urls).get("/avito/chats")["chats"]) == 15
    stop(process)


def test_live_makes_buyers_write(simulator):
    def count():
        chats = (chat for name in ("avito", "autoru") for chat in simulator.get(f"/{name}/chats")["chats"])
        return sum(chat["count"] for chat in chats)

    before = count()
    simulator.post("/config", {"live_min_seconds": 0.02, "live_max_seconds": 0.04, "live": True})
    until = time.time() + 5
    while count() < before + 5 and time.time() < until:
        time.sleep(0.1)
    assert count() >= before + 5


def test_only_this_machine_is_served(program):
    addresses = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
    outside = {address[4][0] for address in addresses} - {"127.0.0.1"}
    port = int(program.urls["avito"].rpartition(":")[2])
    for host in outside or {"127.0.0.2"}:
        with pytest.raises(OSError):
            socket.create_connection((host, port), timeout=1).close()
