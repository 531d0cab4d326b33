"""Stand-ins for Avito and Auto.ru: their public APIs on 127.0.0.1, for demo, tests, benches.

A program of its own. It imports nothing from the addon, so that a wrong reading of a marketplace's contract
cannot hide in both.
"""
