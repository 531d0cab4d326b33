"""What it costs to ask the marketplaces when nothing is new: many channels, one worker for scheduled actions."""

import json
import time
from pathlib import Path

from ..figures import counted

CHANNELS = Path(__file__).with_name("channels.py")
MINUTE, DATABASE = 60, 10.0
#: Ticks at most until there is nothing new anywhere.
SETTLING = 5
#: How long a marketplace takes to answer, s; the stand-in itself answers at once.
THINKING = 0.15
DUE = """
    update marketplace_job set next_run_at = case when kind = 'pull' then now() at time zone 'utc' - interval '1 second'
                                                  else now() at time zone 'utc' + interval '1 hour' end,
                               failures = 0, last_success_at = case when kind <> 'pull' then last_success_at end
     where channel_id = any(%s)
"""
#: The scheduled action itself is due at once, not at its next minute.
NOW = """
    update ir_cron set nextcall = now() at time zone 'utc' where id = (
        select res_id from ir_model_data where module = 'crm_marketplace_chats' and name = 'ir_cron_pull')
"""
#: What the other channels have to ask is not counted among these.
OTHERS_LATER = """
    update marketplace_job set next_run_at = now() at time zone 'utc' + interval '1 hour' where channel_id <> all(%s)
"""
DATABASE_TIME = """
    select sum(total_exec_time + total_plan_time) from pg_stat_statements
     where dbid = (select oid from pg_database where datname = current_database())
"""


def measure(stage, plan):
    accounts = [stage.new_account(f"bench-{n}") for n in range(plan.channels)]
    wish = json.dumps([values for values, _ in accounts])
    name = "bench/live/channels.py"
    stage.workspace.script(stage.node.db, CHANNELS, log="bench-channels.log", name=name, BENCH=wish)
    for _, account in accounts:
        stage.shop.say(account=account, text="Здравствуйте")
    ids = stage.sql("select id from marketplace_channel where name like 'bench-%'").split()
    pulling = Pulling(stage, ids)
    # The first ticks bring the chats, and what follows from that.
    any(pulling.once()[1] <= plan.channels for _ in range(SETTLING))
    figures = []
    ticks = [pulling.once() for _ in range(plan.ticks)]
    number = plan.channels * plan.ticks
    figures.append(
        counted("idle pull: requests of a channel in a tick", sum(tick[1] for tick in ticks) / number, goal=1)
    )
    figures.append(
        counted(
            "idle pull: time in the database",
            sum(tick[2] for tick in ticks) / number,
            "ms",
            DATABASE,
        )
    )
    figures.append(
        counted(f"{plan.channels} channels on one worker", max(tick[0] for tick in ticks), "s", MINUTE)
    )
    stage.simulator.control("POST", "/faults", {"name": "slow", "seconds": THINKING})
    figures.append(
        counted(
            f"{plan.channels} channels on one worker, each answer after {THINKING * 1000:g} ms",
            pulling.once()[0],
            "s",
            MINUTE,
        )
    )
    stage.simulator.control("POST", "/faults", {"clear": True})
    stage.sql("update marketplace_channel set active = false where name like 'bench-%'")
    return figures


class Pulling:
    """Ticks of some channels."""

    def __init__(self, stage, ids):
        self.stage, self.ids = stage, f"array[{','.join(ids)}]"

    def once(self):
        """Have all of them pulled.

        :return: (seconds, requests at the marketplace, ms of the database's time)
        """
        stage = self.stage
        # Before the counting: they wait for a run that is still under way.
        stage.sql(NOW, DUE % self.ids, OTHERS_LATER % self.ids)
        stage.sql("select pg_stat_statements_reset()")
        stage.simulator.control("GET", "/requests?reset=1")
        began = time.monotonic()
        left = f"""select count(*) from marketplace_job
                    where kind = 'pull' and channel_id = any({self.ids}) and last_success_at is null"""
        while count := stage.number(left):
            stage.dealership.run_due_jobs()
            time.sleep(0.1 if count < 20 else 0.5)
            assert time.monotonic() - began < 6 * MINUTE, f"{count:.0f} channels are not pulled"
        seconds = time.monotonic() - began
        requests = sum(stage.simulator.control("GET", "/requests")["counts"]["avito"].values())
        return seconds, requests, stage.number(DATABASE_TIME)
