"""The real program in a process of its own, asked over HTTP."""

import json
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parents[2]
FREE_PORTS = ("--avito-port", "0", "--autoru-port", "0", "--control-port", "0")


def start(*options: str) -> tuple[subprocess.Popen, dict]:
    """The program on free ports; ready when its line of addresses is there."""
    command = [sys.executable, "-m", "marketplace_simulator", *FREE_PORTS, *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    return process, json.loads(process.stdout.readline())


def stop(process: subprocess.Popen) -> int:
    process.terminate()
    process.stdout.close()
    return process.wait(10)


class Simulator:
    """Addresses and the control API."""

    def __init__(self, urls: dict):
        self.urls = urls

    def get(self, path: str, **query):
        answer = requests.get(self.urls["control"] + path, params=query, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, body: dict | None = None):
        answer = requests.post(self.urls["control"] + path, json=body or {}, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, name: str, **how):
        return self.post("/faults", {"name": name, **how})

    def transcript(self, marketplace: str, chat_id: str) -> list[dict]:
        return self.get(f"/{marketplace}/chats/{chat_id}")["messages"]

    def chat_named(self, marketplace: str, name: str) -> str:
        """The id of the demo's chat with that buyer."""
        return next(chat["id"] for chat in self.get(f"/{marketplace}/chats")["chats"] if chat["name"] == name)


class Wire:
    """One marketplace asked by a signed-in client; answers are not checked."""

    def __init__(self, base: str):
        self.base, self.session = base, requests.Session()

    def ask(self, method: str, path: str, **how) -> requests.Response:
        return self.session.request(method, self.base + path, timeout=how.pop("timeout", 10), **how)

    def get(self, path: str, **query) -> requests.Response:
        return self.ask("GET", path, params=query)

    def post(self, path: str, body=None, **how) -> requests.Response:
        return self.ask("POST", path, json=body, **how)


class Avito(Wire):
    def sign_in(self, client_id="demo", secret="demo-secret") -> "Avito":
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        token = self.ask("POST", "/token", data=form).json()["access_token"]
        self.session.headers["Authorization"] = f"Bearer {token}"
        self.user = self.get("/core/v1/accounts/self").json()["id"]
        return self

    def path(self, version: int, rest: str) -> str:
        return f"/messenger/v{version}/accounts/{self.user}{rest}"

    def chats(self, **query) -> requests.Response:
        return self.get(self.path(2, "/chats"), **query)

    def messages(self, chat_id: str, **query) -> requests.Response:
        return self.get(self.path(3, f"/chats/{chat_id}/messages/"), **query)

    def send(self, chat_id: str, text, **how) -> requests.Response:
        body = {"message": {"text": text}, "type": "text"}
        return self.post(self.path(1, f"/chats/{chat_id}/messages"), body, **how)


class Autoru(Wire):
    def sign_in(self, login="demo@example.ru", password="demo-password", token="demo-token") -> "Autoru":
        self.session.headers["x-authorization"] = f"Vertis {token}"
        session = self.post("/1.0/auth/login", {"login": login, "password": password}).json()["session"]
        self.session.headers["x-session-id"] = session["id"]
        return self

    def rooms(self, **query) -> list[dict]:
        return self.get("/1.0/chat/room/light", **query).json().get("rooms", [])

    def messages(self, room_id: str, **query) -> list[dict]:
        return self.get("/1.0/chat/message", room_id=room_id, **query).json().get("messages", [])

    def send(self, room_id: str, text, provided_id: str | None = None, **how) -> requests.Response:
        body = {"room_id": room_id, "payload": {"content_type": "TEXT_PLAIN", "value": text}}
        if provided_id:
            body["provided_id"] = provided_id
        return self.post("/1.0/chat/message", body, **how)


class Receiver:
    """A server of the dealer that takes webhooks; `pause` seconds go by before it answers with `status`."""

    def __init__(self):
        self.got: list[dict] = []
        self.pause, self.status = 0.0, 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(
                    {"at": time.time(), "path": self.path, "headers": dict(self.headers), "body": body}
                )
                time.sleep(receiver.pause)
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook/secret?k=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count: int, seconds: float = 5.0) -> list[dict]:
        """The deliveries, once there are `count`; those there are when time runs out."""
        until = time.time() + seconds
        while len(self.got) < count and time.time() < until:
            time.sleep(0.005)
        return list(self.got)

    def values(self) -> list[dict]:
        """`payload.value` of Avito's deliveries."""
        return [json.loads(one["body"])["payload"]["value"] for one in self.got]


@pytest.fixture(scope="session")
def program():
    process, urls = start("--quiet")
    yield Simulator(urls)
    assert stop(process) == 0


@pytest.fixture
def simulator(program):
    """As started: demo data, no faults, no counts."""
    program.post("/reset")
    return program


@pytest.fixture
def avito(simulator):
    return Avito(simulator.urls["avito"]).sign_in()


@pytest.fixture
def autoru(simulator):
    return Autoru(simulator.urls["autoru"]).sign_in()


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()
