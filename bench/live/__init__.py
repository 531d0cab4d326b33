"""The part `live` of `./dev bench`: what goes on while people work."""

from .run import run
