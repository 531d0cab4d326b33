"""The verdict on read marks and pictures, on both sides."""

import hashlib

import requests

from .employees import token_of

#: A buyer's mark and a message of ours in neighbouring seconds may count either way: marks come in whole seconds.
NEAR = 2


class Pictures:
    """Pictures of one stand-in, looked at by their contents."""

    def __init__(self, stage, code):
        self.base = {"avito": stage.simulator.avito_url, "autoru": stage.simulator.autoru_url}[code]
        self.session = requests.Session()

    def token(self, message):
        """The words for a picture of one colour; see `employees.token`."""
        return token_of(self.fetch(f"{self.base}/media/photo/{message['picture']}/16x16.jpg"))

    def fetch(self, url):
        answer = self.session.get(url, timeout=60)
        answer.raise_for_status()
        return answer.content

    def judge(self, verdict, chat):
        """Each picture that came in is kept once, byte by byte."""
        for message, row in chat.both:
            if message["type"] != "image" or message["via"] == "api":
                continue
            verdict.pictures += 1
            if message["picture"] not in (row["media"] or ""):
                verdict.wrong["pictures"].append(
                    f"{chat.where}: {message['id']}: another one, {row['media']}"
                )
            elif row["files"] != [hashlib.sha1(self.fetch(row["media"])).hexdigest()]:
                verdict.wrong["pictures"].append(f"{chat.where}: {message['id']}: kept are {row['files']}")


def judge(verdict, story, chat):
    """What the buyers have read is known here; what was answered or ticked here is marked as read there."""
    reads = story.reads.get(chat.where, ())
    for message, row in chat.both:
        created = message["created"]
        if message["direction"] != "out" or story.is_skewed(created):
            continue
        verdict.read += row["state"] == "read"
        unclear = any(abs(moment - created) <= NEAR for moment in reads)
        if message["read"] != (row["state"] == "read") and not unclear:
            verdict.wrong["read marks"].append(
                f"{chat.where}: {message['id']} is {row['state']}, there read: {message['read']}"
            )
    if unread := unmarked(story, chat):
        verdict.unmarked.append(f"{chat.where}: not marked as read there: {unread}")


def unmarked(story, chat):
    """Messages of the buyer that were there when an employee answered or ticked, and still count as unread there."""
    ticked = set(story.desk.ticks.get(chat.where, ()))
    done = [
        message["created"]
        for message, row in chat.both
        if message["via"] == "api" or (row["id"] in ticked and message["direction"] == "in")
    ]
    until = max((created for created in done if not story.is_skewed(created)), default=0)
    return [
        message["id"]
        for message in chat.theirs
        if message["direction"] == "in"
        and not message["read"]
        and (message["created"] < until - NEAR)
        and not story.is_skewed(message["created"])
    ]
