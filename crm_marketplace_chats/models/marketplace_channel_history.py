"""The history of a channel: everything older than itself, read in the background."""

import time

from odoo import api, fields, models
from odoo.tools import split_every

from .marketplace_channel_pull import LONGEST_PULL, PORTION
from .marketplace_job import DONE, MORE


class MarketplaceChannel(models.Model):
    _inherit = "marketplace.channel"

    history_done = fields.Boolean("History Is Read", readonly=True, copy=False)
    history_stopped = fields.Boolean("History Is Stopped", readonly=True, copy=False)
    history_progress = fields.Float("History, %", compute="_compute_history", digits=(4, 1))
    history_message = fields.Char("History", compute="_compute_history")

    @api.depends("history_done", "history_stopped", "job_ids.report")
    @api.depends_context("lang")
    def _compute_history(self):
        for channel in self:
            # sudo: jobs are for administrators, how far the history has come is for all who see the channel
            report = channel.sudo().job_ids.filtered(lambda job: job.kind == "history").report or {}
            total = max(report.get("total", 0), report.get("chats", 0), 1)
            channel.history_progress = 100 if channel.history_done else 100 * report.get("chats", 0) / total
            channel.history_message = channel._describe_history(report, total)

    def _describe_history(self, report, total):
        if not report:
            return False
        seconds = max(report["seconds"], 0.001)
        words = self.env._(
            "%(pages)s pages, %(chats)s of %(total)s chats, %(messages)s messages, %(rate)s chats a minute",
            pages=report["pages"],
            chats=report["chats"],
            total=total,
            messages=report["messages"],
            rate=round(60 * report["chats"] / seconds),
        )
        if self.history_done:
            return words
        if self.history_stopped:
            return self.env._("%(progress)s; stopped", progress=words)
        left = (total - report["chats"]) * seconds / max(report["chats"], 1) / 60
        return self.env._(
            "%(progress)s; about %(minutes)s min left", progress=words, minutes=max(round(left), 1)
        )

    def action_stop_history(self):
        self.check_access("write")
        self.sudo().history_stopped = True

    def action_resume_history(self):
        """Go on where it was."""
        self.check_access("write")
        self.sudo().history_stopped = False
        self.sudo().job_ids.filtered(lambda job: job.kind == "history")._wake()

    def _read_history(self, channel, job):
        """Job: walk through everything there is, newest chats first, and read what no pull has read yet. How far it
        came is kept with what it read, so that it goes on there after a stop, a crash or a restart."""
        if channel.history_done or channel.history_stopped or not channel.last_success_at:
            return None
        with channel._client(patient=True) as client:
            if not client.can_pull:
                channel.history_done = True
                return DONE
            return channel._walk_history(client, job)

    def _walk_history(self, client, job):
        began = started = time.monotonic()
        state = job.walk or {"walk": {}, "read": 0}
        while True:
            self.env.cr.commit()
            page = client.conversations(state["walk"])
            # Portions of this page that were read before it was left.
            for part in list(split_every(PORTION, page.conversations))[state["read"] :]:
                messages = self._pull_portion(client, part, old=True)
                state = {**state, "read": state["read"] + 1}
                self._note_history(job, state, started, chats=len(part), messages=messages)
                started = time.monotonic()
                if self.history_stopped:
                    return DONE
            state = {"walk": dict(page.walk), "read": 0}
            self._note_history(job, state, started, pages=1)
            if page.done:
                self.write({"history_done": True})
                job.walk = False
                self.env.cr.commit()
                return DONE
            started = time.monotonic()
            if started - began > LONGEST_PULL:
                return MORE

    def _note_history(self, job, state, started, **counts):
        """Keep how far it came, and add to the figures."""
        report = job.report or {"pages": 0, "chats": 0, "messages": 0, "seconds": 0}
        report = {
            name: report.get(name, 0) + counts.get(name, 0) for name in ("pages", "chats", "messages")
        } | {
            "seconds": report.get("seconds", 0) + time.monotonic() - started,
            "total": self.env["marketplace.conversation"].search_count(
                [("channel_id", "=", self.id), ("is_calls", "=", False)]
            ),
        }
        job.write({"walk": state, "report": report})
        self.env.cr.commit()
        self.invalidate_recordset(["history_stopped"])
