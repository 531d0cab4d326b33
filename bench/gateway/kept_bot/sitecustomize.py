"""For one of the servers compared with: the gateway makes a `telegram.Bot` for each delivery, which takes most of its
time; here one is made and kept. Python imports this by itself where its folder is on the path."""

import functools

import telegram

telegram.Bot = functools.cache(telegram.Bot)
