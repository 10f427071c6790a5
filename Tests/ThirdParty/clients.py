"""The two libraries behind one face: they start 4 shards, and note the ledger id of every message that reaches an application."""

import base64
import collections

# Shaped like a bot token: its first part is the bot's id.
TOKEN = base64.b64encode(b"1100000000000000001").decode() + ".simulated.token"


class DiscordPy:
    """discord.py's AutoShardedClient. The number of shards is the one that /gateway/bot recommends."""

    name = "discord.py"

    def __init__(self, simulator):
        import discord
        import discord.gateway
        import discord.http
        import yarl

        discord.http.Route.BASE = simulator.api
        # After op 9 `false` it does not ask for the URL again.
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(simulator.gateway)
        self.received = collections.Counter()
        outer = self

        class Client(discord.AutoShardedClient):
            async def on_message(self, message):
                outer.received[int(message.nonce)] += 1

        self.client = Client(intents=discord.Intents(guilds=True, guild_messages=True))

    async def start(self, group):
        self.task = group.create_task(self.client.start(TOKEN))

    async def stop(self):
        await self.client.close()
        await self.task


class Hikari:
    """hikari's GatewayBot."""

    name = "hikari"

    def __init__(self, simulator):
        import hikari

        self.received = collections.Counter()
        self.bot = hikari.GatewayBot(
            TOKEN, rest_url=simulator.api, intents=hikari.Intents.GUILDS | hikari.Intents.GUILD_MESSAGES, banner=None, logs=None)
        self.bot.listen(hikari.GuildMessageCreateEvent)(self.on_message)

    async def on_message(self, event):
        self.received[int(event.message.nonce)] += 1

    async def start(self, group):
        await self.bot.start(shard_count=4, check_for_updates=False)

    async def stop(self):
        await self.bot.close()


CLIENTS = {client.name: client for client in (DiscordPy, Hikari)}
