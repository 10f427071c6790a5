"""The libraries behind one face: they start 4 shards, note the ledger id of every message that reaches an application, and send commands.

Each comes over several transports. No library in Python speaks ETF to a gateway, so discord.py gets there with Discord's own packer in place of JSON.
"""

import asyncio
import base64
import collections
import functools
import json
import secrets
import sys

# Shaped like a bot token: its first part is the bot's id.
TOKEN = base64.b64encode(b"1100000000000000001").decode() + ".simulated.token"
WAIT = 15


def speak_etf():
    """discord.py's gateway over encoding=etf and zlib-stream."""
    import zlib

    import discord.gateway
    import discord.utils
    import erlpack

    class Decompressor:
        COMPRESSION_TYPE = "zlib-stream"

        def __init__(self):
            self.buffer = bytearray()
            self.context = zlib.decompressobj()
            self.terms = erlpack.ErlangTermDecoder(encoding="utf-8")

        def decompress(self, data):
            self.buffer += data
            if not self.buffer.endswith(b"\x00\x00\xff\xff"):
                return None
            payload = self.context.decompress(bytes(self.buffer))
            self.buffer.clear()
            return self.terms.loads(payload)

    class ETFWebSocket(discord.gateway.DiscordWebSocket):
        async def send(self, data):
            await self._rate_limiter.block()
            await self.socket.send_bytes(erlpack.pack(json.loads(data)))

        async def send_heartbeat(self, data):
            try:
                await self.socket.send_bytes(erlpack.pack(data))
            except RuntimeError as error:
                if not self._can_handle_close():
                    raise discord.ConnectionClosed(self.socket, shard_id=self.shard_id) from error

    from_json = discord.utils._from_json
    discord.utils._from_json = lambda data: data if isinstance(data, dict) else from_json(data)
    discord.utils._ActiveDecompressionContext = Decompressor
    discord.gateway.DiscordWebSocket.send = ETFWebSocket.send
    discord.gateway.DiscordWebSocket.send_heartbeat = ETFWebSocket.send_heartbeat
    discord.gateway.DiscordWebSocket.from_client = functools.partial(discord.gateway.DiscordWebSocket.from_client, encoding="etf")


class DiscordPy:
    """discord.py's AutoShardedClient. The number of shards is the one that /gateway/bot recommends."""

    def __init__(self, simulator, transport):
        if transport != "zstd-stream":
            # It prefers zstd wherever it finds it.
            sys.modules["zstandard"] = None
        import discord
        import discord.gateway
        import discord.http
        import discord.utils
        import yarl

        if transport == "etf":
            speak_etf()
        elif discord.utils._ActiveDecompressionContext.COMPRESSION_TYPE != transport:
            raise RuntimeError(f"discord.py does not use {transport}")
        discord.http.Route.BASE = simulator.api
        # After op 9 `false` it does not ask for the URL again.
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(simulator.gateway)
        self.discord = discord
        self.received = collections.Counter()
        outer = self

        class Client(discord.AutoShardedClient):
            async def on_message(self, message):
                outer.received[int(message.nonce)] += 1

        intents = discord.Intents(guilds=True, guild_messages=True, members=True, voice_states=True)
        self.client = Client(intents=intents, chunk_guilds_at_startup=False)

    async def start(self, group):
        self.task = group.create_task(self.client.start(TOKEN))

    async def stop(self):
        await self.client.close()
        await self.task

    def guilds(self):
        return [guild.id for guild in self.client.guilds]

    async def full_list(self, guild):
        guild = self.client.get_guild(guild)
        await asyncio.wait_for(guild.chunk(), WAIT)
        if not guild.chunked:
            raise AssertionError("the guild does not count as chunked")
        return [member.id for member in guild.members]

    async def search(self, guild, query, limit):
        return [member.name for member in await self.client.get_guild(guild).query_members(query, limit=limit, cache=False)]

    async def look_up(self, guild, users):
        return [member.id for member in await self.client.get_guild(guild).query_members(user_ids=users, cache=False)]

    async def show(self, name):
        await self.client.change_presence(activity=self.discord.Game(name), status=self.discord.Status.idle)

    async def join(self, guild, channel):
        update = self.client.wait_for("voice_state_update", timeout=WAIT)
        waiting = asyncio.ensure_future(update)
        await asyncio.sleep(0)
        guild = self.client.get_guild(guild)
        await guild.change_voice_state(channel=guild.get_channel(channel), self_mute=True)
        member, _, after = await waiting
        return member.id, after.channel.id, after.self_mute

    # discord.py does neither: https://discordpy.readthedocs.io/en/stable/api.html
    channel_info = None
    repeat_full_list = None


class Hikari:
    """hikari's GatewayBot."""

    def __init__(self, simulator, transport):
        import hikari
        import hikari.impl.shard

        self.hikari = hikari
        self.received = collections.Counter()
        compression = {
            "zlib-stream": hikari.api.shard.GatewayCompression.TRANSPORT_ZLIB_STREAM,
            "zstd-stream": hikari.api.shard.GatewayCompression.TRANSPORT_ZSTD_STREAM,
            "payload": hikari.api.shard.GatewayCompression.PAYLOAD_ZLIB_STREAM,
        }[transport]
        hikari.impl.shard.GatewayShardImpl.__init__.__kwdefaults__["compression"] = compression
        intents = hikari.Intents.GUILDS | hikari.Intents.GUILD_MESSAGES | hikari.Intents.GUILD_MEMBERS | hikari.Intents.GUILD_VOICE_STATES
        self.bot = hikari.GatewayBot(TOKEN, rest_url=simulator.api, intents=intents, auto_chunk_members=False, banner=None, logs=None)
        self.bot.listen(hikari.GuildMessageCreateEvent)(self.on_message)

    async def on_message(self, event):
        self.received[int(event.message.nonce)] += 1

    async def start(self, group):
        await self.bot.start(shard_count=4, check_for_updates=False)

    async def stop(self):
        await self.bot.close()

    def guilds(self):
        return [int(guild) for guild in self.bot.cache.get_guilds_view()]

    async def members(self, guild, **request):
        """Asks with a nonce, and gathers chunks until there are as many as each of them says."""
        nonce = secrets.token_hex(16)
        chunks = {}
        with self.bot.stream(self.hikari.MemberChunkEvent, timeout=WAIT) as stream:
            await self.bot.request_guild_members(guild, nonce=nonce, **request)
            async for event in stream:
                if event.nonce != nonce:
                    continue
                chunks[event.chunk_index] = event
                if len(chunks) == event.chunk_count:
                    return [member for index in sorted(chunks) for member in chunks[index].members.values()]
        raise AssertionError(f"{len(chunks)} chunks within {WAIT} s")

    async def full_list(self, guild):
        return [int(member.id) for member in await self.members(guild)]

    async def search(self, guild, query, limit):
        return [member.username for member in await self.members(guild, query=query, limit=limit)]

    async def look_up(self, guild, users):
        return [int(member.id) for member in await self.members(guild, users=users)]

    async def repeat_full_list(self, guild):
        """Seconds to wait, as RATE_LIMITED says."""
        with self.bot.stream(self.hikari.RequestGuildMembersRateLimitedEvent, timeout=WAIT) as stream:
            await self.bot.request_guild_members(guild, nonce="again")
            async for event in stream:
                if event.nonce == "again" and event.guild_id == guild:
                    return event.retry_after
        raise AssertionError(f"no RATE_LIMITED within {WAIT} s")

    async def show(self, name):
        await self.bot.update_presence(activity=self.hikari.Activity(name=name), status=self.hikari.Status.IDLE)

    async def join(self, guild, channel):
        with self.bot.stream(self.hikari.VoiceStateUpdateEvent, timeout=WAIT) as states, self.bot.stream(
            self.hikari.VoiceServerUpdateEvent, timeout=WAIT
        ) as servers:
            await self.bot.update_voice_state(guild, channel, self_mute=True, self_deaf=False)
            async for _ in servers:
                break
            async for event in states:
                return int(event.state.user_id), int(event.state.channel_id), event.state.is_self_muted
        raise AssertionError(f"no voice state within {WAIT} s")

    async def channel_info(self, guild):
        fields = list(self.hikari.api.shard.ChannelInfoField)
        with self.bot.stream(self.hikari.events.shard_events.ChannelInfoEvent, timeout=WAIT) as stream:
            await self.bot.request_channel_info(guild, fields=fields)
            async for event in stream:
                return [int(channel) for channel in event.channels]
        raise AssertionError(f"no CHANNEL_INFO within {WAIT} s")


CLIENTS = {
    "discord.py": lambda simulator: DiscordPy(simulator, "zlib-stream"),
    "discord.py-zstd": lambda simulator: DiscordPy(simulator, "zstd-stream"),
    "discord.py-etf": lambda simulator: DiscordPy(simulator, "etf"),
    "hikari": lambda simulator: Hikari(simulator, "zlib-stream"),
    "hikari-zstd": lambda simulator: Hikari(simulator, "zstd-stream"),
    "hikari-payload": lambda simulator: Hikari(simulator, "payload"),
}
