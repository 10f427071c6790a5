"""Runs one library through every scenario against a simulator of its own. Called by run.py; prints one line a scenario.

In each, a counted burst of messages is under way when the gateway does what the scenario says. Afterwards every message that the ledger calls due
must have reached the application exactly once, and nothing else may have. Where the session survives, every message of the burst is due.
"""

import argparse
import asyncio
import collections
import logging
import sys
import traceback

from clients import CLIENTS
from simulator import Simulator

BURST = 1200
MEMBERS = 2500
BOT = 1_100_000_000_000_000_001
# name, command, whether the sessions survive
SCENARIOS = [
    ("nothing happens", None, True),
    ("op 7", "reconnect", True),
    ("close 4000", "close?code=4000", True),
    ("op 9 true", "invalidate?resumable=true", True),
    ("TCP cut with FIN", "cut?how=fin", True),
    ("TCP cut with RST", "cut?how=reset", True),
    ("op 1 from the server", "beat", True),
    ("close 4009", "close?code=4009", False),
    ("op 9 false", "invalidate?resumable=false", False),
]


async def delivered(simulator, client, cursor):
    """Waits until the application has as many messages as the ledger says, then compares them one by one."""
    end = asyncio.get_running_loop().time() + 30
    while True:
        lines = await simulator.ledger(cursor)
        due = collections.Counter(line["id"] for line in lines if line["status"] == "due" and line["type"] == "MESSAGE_CREATE")
        if client.received.total() >= due.total() or asyncio.get_running_loop().time() > end:
            break
        await asyncio.sleep(0.1)
    # What would come twice has time to come.
    await asyncio.sleep(0.3)
    missing, extra = due - client.received, client.received - due
    if missing or extra:
        raise AssertionError(f"{missing.total()} messages missing, {extra.total()} too many, of {due.total()}")
    return lines


async def scenario(simulator, client, command, survives):
    before = await simulator.until_live()
    if not survives:
        await simulator.until_identify_is_allowed()
    cursor = before["ledger_cursor"]
    client.received.clear()
    await simulator.post(f"burst?count={BURST}&ms=1200")
    await asyncio.sleep(0.4)
    if command:
        await simulator.post(command)
        if command != "beat":
            sessions = {session["session"] for session in before["sessions"]}

            def moved_on(status):
                """Every session was resumed, or replaced where it ended."""
                now = {session["session"] for session in status["sessions"] if session["attached"]}
                if survives:
                    return now == sessions and status["resumes"] >= before["resumes"] + 4
                return len(now) == 4 and not now & sessions

            await simulator.until("all 4 sessions resumed" if survives else "4 new sessions", moved_on)
    await simulator.until("the burst is over", lambda status: status["events"] >= before["events"] + BURST)
    lines = await delivered(simulator, client, cursor)
    due = [line for line in lines if line["status"] == "due"]
    if survives and len(due) != BURST:
        raise AssertionError(f"{len(due)} of {BURST} messages due, though the sessions survive")
    # And everything works as before.
    await simulator.post("burst?count=100")
    lines = await delivered(simulator, client, cursor)
    if sum(line["status"] == "due" for line in lines[-100:]) != 100:
        raise AssertionError("the messages afterwards are not all due")
    after = await simulator.status()
    identifies = after["identifies"] - before["identifies"]
    if identifies != (0 if survives else 4):
        raise AssertionError(f"{identifies} IDENTIFYs")
    if after["violations"]:
        raise AssertionError(f"violations: {await simulator.get('violations')}")
    if survives and command not in (None, "beat") and after["resumes_on_resume_url"] - before["resumes_on_resume_url"] < 4:
        raise AssertionError("RESUMEs that did not use resume_gateway_url")
    return len(due)


async def commands(simulator, client):
    """Members, presence and voice on every shard, as the library's users ask for them."""
    before = await simulator.until_live()
    guilds = {}
    for guild in client.guilds():
        guilds.setdefault((guild >> 22) % 4, guild)
    if sorted(guilds) != [0, 1, 2, 3]:
        raise AssertionError(f"guilds of the shards {sorted(guilds)}")
    for guild in guilds.values():
        members = await client.full_list(guild)
        if len(members) != MEMBERS or len(set(members)) != MEMBERS or BOT not in members:
            raise AssertionError(f"{len(members)} members, {len(set(members))} different ones")
        if client.repeat_full_list and not 0 < await client.repeat_full_list(guild) <= 30:
            raise AssertionError("retry_after is not within 30 s")
        found = await client.search(guild, "user12", 7)
        if len(found) != 7 or not all(name.startswith("user12") for name in found):
            raise AssertionError(f"searching found {found}")
        known = await client.look_up(guild, members[:3] + [99_999_999_999_999_999])
        if sorted(known) != sorted(members[:3]):
            raise AssertionError(f"looking up found {known}")
        if client.channel_info and await client.channel_info(guild) != [guild + 2]:
            raise AssertionError("channel info of other channels")
        if await client.join(guild, guild + 2) != (BOT, guild + 2, True):
            raise AssertionError("the voice state is another")
    await client.show("chess")

    def shown(status):
        presences = [session["presence"] for session in status["sessions"]]
        return all(presence and presence["status"] == "idle" and presence["activities"][0]["name"] == "chess" for presence in presences)

    after = await simulator.until("the presence of all 4 sessions", shown, 10)
    outcomes = collections.Counter(command["outcome"] for command in await simulator.get("commands"))
    repeated = 4 if client.repeat_full_list else 0
    if after["commands"] != outcomes.total() or outcomes != collections.Counter({"done": outcomes.total() - repeated, "rate_limited": repeated}):
        raise AssertionError(f"outcomes {outcomes} of {after['commands']} commands")
    if after["violations"] or after["identifies"] != before["identifies"]:
        raise AssertionError(f"violations: {await simulator.get('violations')}")


async def ending(simulator, client):
    """A clean close ends the sessions: 1000 from the client."""
    await client.stop()
    status = await simulator.until("no session after a clean close", lambda status: not status["sessions"], 10)
    codes = set(status["closed_by_client"])
    if not codes & {"1000", "1001"}:
        raise AssertionError(f"closed with {codes}")


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--muster", required=True)
    parser.add_argument("--client", choices=CLIENTS, required=True)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO if options.verbose else logging.CRITICAL)
    passed = failed = 0
    async with Simulator(options.muster) as simulator, asyncio.TaskGroup() as group:
        client = CLIENTS[options.client](simulator)
        await client.start(group)
        tests = [(name, lambda c=command, s=survives: scenario(simulator, client, c, s)) for name, command, survives in SCENARIOS]
        tests.insert(1, ("commands", lambda: commands(simulator, client)))
        tests.append(("a clean close", lambda: ending(simulator, client)))
        for name, test in tests:
            start = asyncio.get_running_loop().time()
            try:
                count = await test()
                passed += 1
                detail = f", {count} messages" if count else ""
                print(f"ok      {options.client}: {name} ({asyncio.get_running_loop().time() - start:.1f} s{detail})", flush=True)
            except Exception as error:
                failed += 1
                print(f"FAILED  {options.client}: {name}: {error}", flush=True)
                if options.verbose:
                    traceback.print_exc()
    print(f"total {passed} {failed}", flush=True)
    return 1 if failed else 0


sys.exit(asyncio.run(main()))
