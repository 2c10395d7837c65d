"""TCP proxies between processes of the run: they delay, swallow and cut.

`Link` carries the bytes of any protocol. `AppendLink` stands before PostgreSQL and knows just enough of its
protocol to find an append: a Bind of the statement "append", up to the Sync behind it.
"""

import asyncio
import socket
import struct
import threading

READ_BYTES = 64 * 1024
BIND, EXECUTE, SYNC = b"B", b"E", b"S"
STARTUP_HEAD, MESSAGE_HEAD = 4, 5
SSL_REQUEST = struct.pack("!ii", 8, 80877103)
STATEMENT = b"append"
LATE_REST_S = 3.0


class Loop:
    """One thread with an event loop, for all proxies."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True, name="proxies").start()

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)


class Link:
    """Forwards a port to a server: `upstream` is a port number or the path of a socket."""

    def __init__(self, loop, port, upstream):
        self.loop, self.port, self.upstream = loop, port, upstream
        self.delay_s = 0.0
        self.pairs = set()
        self.open = None
        loop.call(self.listen())

    async def listen(self):
        self.open = asyncio.Event()
        self.open.set()
        await asyncio.start_server(self.serve, "127.0.0.1", self.port)

    async def connect(self):
        if isinstance(self.upstream, int):
            return await asyncio.open_connection("127.0.0.1", self.upstream)
        return await asyncio.open_unix_connection(self.upstream)

    async def serve(self, reader, writer):
        try:
            await self.open.wait()
            up_reader, up_writer = await self.connect()
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, up_writer)
        self.pairs.add(pair)
        try:
            await asyncio.gather(
                self.to_the_end(self.requests(reader, up_writer, pair), pair),
                self.to_the_end(self.answers(up_reader, writer, pair), pair),
            )
        finally:
            self.pairs.discard(pair)
            self.cut(pair)

    def cut(self, pair):
        """Resets both sides, so that nobody waits for a polite end."""
        for writer in pair:
            raw = writer.get_extra_info("socket")
            if raw is not None and raw.fileno() >= 0 and raw.family != socket.AF_UNIX:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def to_the_end(self, direction, pair):
        """Whatever ends one direction ends the other."""
        try:
            await direction
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.cut(pair)

    async def requests(self, reader, writer, pair):
        await self.forward(reader, writer)

    async def answers(self, reader, writer, pair):
        await self.forward(reader, writer)

    async def forward(self, reader, writer):
        while data := await reader.read(READ_BYTES):
            await self.pass_on(data, writer)

    async def pass_on(self, data, writer):
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        await self.open.wait()
        writer.write(data)
        await writer.drain()

    def black_hole(self):
        """From now on nothing arrives any more, and nobody is told."""
        self.loop.loop.call_soon_threadsafe(self.open.clear)

    def restore(self, reset):
        """What was held back arrives after all, or the connections are reset."""

        def done():
            if reset:
                for pair in list(self.pairs):
                    self.cut(pair)
            self.open.set()

        self.delay_s = 0.0
        self.loop.loop.call_soon_threadsafe(done)


class AppendLink(Link):
    """Cuts the next append where `arm` says."""

    def __init__(self, loop, port, upstream):
        super().__init__(loop, port, upstream)
        self.armed = None
        self.happened = threading.Event()

    def arm(self, step, share):
        """`share`: how far into the request or answer, where the step leaves that open."""
        self.happened.clear()
        self.armed = (step, share)

    def disarm(self):
        self.armed = None

    async def requests(self, reader, writer, pair):
        await self.startup(reader, writer)
        batch, places = b"", {}
        while True:
            head = await reader.readexactly(MESSAGE_HEAD)
            size = struct.unpack("!i", head[1:])[0] - 4
            message = head + await reader.readexactly(size)
            kind = head[:1]
            if not batch and not (kind == BIND and self.armed and self.statement_of(message) == STATEMENT):
                await self.pass_on(message, writer)
                continue
            if kind == BIND and not batch:
                places["bind"] = len(message)
            batch += message
            if kind == EXECUTE:
                places["execute"] = len(batch)
            if kind == SYNC:
                await self.cut_append(batch, places, writer, pair)
                batch, places = b"", {}

    async def startup(self, reader, writer):
        while True:
            head = await reader.readexactly(STARTUP_HEAD)
            packet = head + await reader.readexactly(struct.unpack("!i", head)[0] - STARTUP_HEAD)
            await self.pass_on(packet, writer)
            if packet != SSL_REQUEST:
                return

    @staticmethod
    def statement_of(message):
        return message[MESSAGE_HEAD:].split(b"\0", 2)[1]

    async def cut_append(self, batch, places, writer, pair):
        if not self.armed:
            return await self.pass_on(batch, writer)
        step, share = self.armed
        self.armed = None
        self.happened.set()
        upto = {
            "before-bind": 0,
            "in-bind": int(places["bind"] * share),
            "before-execute": places["bind"],
            "before-sync": places.get("execute", places["bind"]),
        }
        if step in upto:
            if upto[step]:
                await self.pass_on(batch[: upto[step]], writer)
            return self.cut(pair)
        if step == "late-request":
            # The client is told at once that the connection is lost; PostgreSQL gets the append later.
            pair[0].transport.abort()
            await asyncio.sleep(2 * share)
            writer.write(batch)
            await writer.drain()
            return await asyncio.sleep(LATE_REST_S)  # PostgreSQL shall find it before the end
        pair[0].annals_cut = (step, share)
        return await self.pass_on(batch, writer)

    async def answers(self, reader, writer, pair):
        while data := await reader.read(READ_BYTES):
            step, share = getattr(writer, "annals_cut", (None, 0))
            if step is None:
                await self.pass_on(data, writer)
                continue
            writer.annals_cut = (None, 0)
            if step == "answer-delayed":
                await asyncio.sleep(3 * share)
                await self.pass_on(data, writer)
                continue
            if step == "answer-swallowed":
                await asyncio.sleep(4 + 8 * share)
            elif step == "in-answer":
                await self.pass_on(data[: max(1, int(len(data) * share))], writer)
            return self.cut(pair)  # "after-sync": not a byte of the answer
