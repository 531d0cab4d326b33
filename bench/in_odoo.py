"""Odoo's shell runs this and gives `env`: calls one function of the bench and writes down what it returns."""

import json
import os
from importlib import import_module
from pathlib import Path


def call(env):
    wish = json.loads(os.environ["BENCH"])
    module, name = wish["function"].split(":")
    result = getattr(import_module(f"bench.{module}"), name)(env, **wish["arguments"])
    Path(wish["answer"]).write_text(json.dumps(result))


call(env)
