"""The Chats screen in a browser: 10,000 conversations, one of 5,000 messages, buyers who write all the time."""

from .run import run
