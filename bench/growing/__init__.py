"""The part `growing` of `./dev bench`: what many messages cost, and how they are got rid of again."""

from .run import run
