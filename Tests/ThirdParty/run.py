#!/usr/bin/env python3
"""Proves the simulator faithful: discord.py and hikari, 4 shards each, over every encoding and compression that they have, through everything a gateway does
to its clients.

    python -m venv VENV && VENV/bin/pip install -r Tests/ThirdParty/requirements.txt
    VENV/bin/python Tests/ThirdParty/run.py --muster .build/debug/muster
"""

import argparse
import asyncio
import os
import pathlib
import signal
import sys

from clients import CLIENTS

HERE = pathlib.Path(__file__).resolve().parent
LIMIT = 240


async def run(client: str, muster: str, verbose: bool) -> tuple[int, int]:
    arguments = [str(HERE / "scenarios.py"), "--client", client, "--muster", muster] + (["--verbose"] if verbose else [])
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, start_new_session=True)
    totals = None

    async def read():
        nonlocal totals
        async for line in process.stdout:
            text = line.decode().rstrip()
            if text.startswith("total "):
                totals = tuple(int(word) for word in text.split()[1:])
            else:
                print(text, flush=True)

    try:
        await asyncio.wait_for(read(), LIMIT)
        await process.wait()
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        print(f"FAILED  {client}: not done within {LIMIT} s", flush=True)
    return totals or (0, 1)


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--muster", required=True, help="the muster binary")
    parser.add_argument("--client", choices=CLIENTS, help="only this one")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    muster = str(pathlib.Path(options.muster).resolve())
    clients = [options.client] if options.client else list(CLIENTS)
    # More at a time only wait for the processor.
    slots = asyncio.Semaphore(3)

    async def in_turn(client: str) -> tuple[int, int]:
        async with slots:
            return await run(client, muster, options.verbose)

    results = await asyncio.gather(*(in_turn(client) for client in clients))
    passed, failed = (sum(numbers) for numbers in zip(*results))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(asyncio.run(main()))
