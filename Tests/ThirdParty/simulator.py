"""One `muster simulator` process, and what a scenario asks of it over HTTP."""

import asyncio
import json
import signal
import socket

import aiohttp


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Simulator:
    def __init__(self, muster: str):
        self.muster = muster
        self.port = free_port()
        self.process = None
        self.http = None

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v10"

    @property
    def gateway(self) -> str:
        return f"ws://127.0.0.1:{self.port}/gateway"

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(
            self.muster, "simulator", "--listen", f"127.0.0.1:{self.port}", "--guilds", "40", "--shards", "4",
            "--max-concurrency", "16", "--members", "2500", "--events-per-second", "0", "--heartbeat-interval", "5s",
            stdout=asyncio.subprocess.PIPE)
        line = await asyncio.wait_for(self.process.stdout.readline(), 30)
        if b"muster simulator" not in line:
            raise RuntimeError("the simulator did not start")
        self.http = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_):
        await self.http.close()
        self.process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(self.process.wait(), 30)
        if code != 0:
            raise RuntimeError(f"the simulator ended with {code}")

    async def post(self, command: str):
        async with self.http.post(f"http://127.0.0.1:{self.port}/_sim/{command}") as answer:
            text = await answer.text()
            if answer.status != 200:
                raise RuntimeError(f"{command}: {text}")
            return json.loads(text)

    async def get(self, name: str):
        async with self.http.get(f"http://127.0.0.1:{self.port}/_sim/{name}") as answer:
            return await answer.json(content_type=None)

    async def status(self):
        return await self.get("status")

    async def ledger(self, after: int):
        lines = []
        while True:
            async with self.http.get(f"http://127.0.0.1:{self.port}/_sim/ledger?after={after}") as answer:
                page = [json.loads(line) for line in (await answer.text()).splitlines()]
            if not page:
                return lines
            lines += page
            after = page[-1]["cursor"]

    async def until(self, what: str, condition, seconds: float = 60):
        """Waits until `condition(status)` holds."""
        end = asyncio.get_running_loop().time() + seconds
        while True:
            status = await self.status()
            if condition(status):
                return status
            if asyncio.get_running_loop().time() > end:
                raise AssertionError(f"not within {seconds:.0f} s: {what}; status {json.dumps(status)[:600]}")
            await asyncio.sleep(0.05)

    async def until_live(self):
        def live(status):
            attached = [session["shard"] for session in status["sessions"] if session["attached"]]
            return sorted(attached) == [0, 1, 2, 3]

        return await self.until("4 shards with one live session each", live)

    async def until_identify_is_allowed(self):
        """Waits until the last IDENTIFY is more than 5 s ago: hikari identifies again at once where its session ended."""
        last = max(arrival["at_ms"] for arrival in await self.get("identifies"))
        await self.until("5 s without IDENTIFY", lambda status: status["now_ms"] > last + 5_500, 10)
