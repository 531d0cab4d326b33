"""The stand-in marketplaces as the tests steer them."""

import os
from contextlib import contextmanager

import requests

from devtools import demo
from devtools.system import free_port


class SimulatorUnderTest(demo.Simulator):
    """The stand-in marketplaces: `avito_url`, `autoru_url`, `control_url`."""

    def control(self, method, path, json=None):
        """Ask the control API and return its JSON; an answer other than 2xx is an error."""
        response = requests.request(method, f"{self.control_url}{path}", json=json, timeout=120)
        assert response.ok, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    def reset(self):
        """Put the marketplaces back to where they began."""
        self.control("POST", "/reset")


@contextmanager
def stand_ins(name, *options):
    """Start some of one's own."""
    under_test = SimulatorUnderTest(free_port(), free_port(), free_port())
    process = under_test.start(*options, log=f"test-{name}-{os.getpid()}.log")
    try:
        yield under_test
    finally:
        process.end()
