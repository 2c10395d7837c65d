"""Tests of what the chaos run is made of, without running it: the schedule, and where the proxy cuts."""

import asyncio
import struct
import unittest

import proxy
import schedule

FIRST_OF_SEED_1 = "    1     0.409 clock-jump           projector-2  offset_s=-3600 hold_s=4.44"


class ScheduleTest(unittest.TestCase):
    def test_same_seed_same_schedule(self):
        for kafka in ("real", "embedded"):
            one = schedule.draw(7, 100, None, (), kafka)
            two = schedule.draw(7, 100, None, (), kafka)
            self.assertEqual([event.line() for event in one], [event.line() for event in two])
        other = schedule.draw(8, 100, None)
        self.assertNotEqual([e.line() for e in schedule.draw(7, 100, None)], [e.line() for e in other])

    def test_seed_is_spelled_out(self):
        """Pins the drawing itself: a schedule that was published with its seed can be replayed later."""
        first = schedule.draw(1, 30, None)[0]
        self.assertEqual(first.line(), FIRST_OF_SEED_1)

    def test_kills_add_up(self):
        for kills in (1, 5, 30, 217, 1000):
            events = schedule.draw(3, kills, None)
            deadly = [event for event in events if schedule.BY_NAME[event.fault].kill]
            self.assertEqual(len(deadly), kills)

    def test_every_fault_takes_part(self):
        names = {event.fault for event in schedule.draw(5, 30, None)}
        self.assertEqual(names, {kind.name for kind in schedule.KINDS if not kind.long})
        names = {event.fault for event in schedule.draw(5, schedule.LONG_KILLS_MIN, None)}
        self.assertEqual(names, {kind.name for kind in schedule.KINDS})

    def test_victims_are_left_alone(self):
        for seed in range(20):
            free_at, before = {}, 0.0
            for event in schedule.draw(seed, 200, None):
                self.assertGreaterEqual(event.at_s, before)
                self.assertGreaterEqual(event.at_s + 0.001, free_at.get(event.victim, 0.0))
                before = event.at_s
                free_at[event.victim] = event.at_s + schedule.BY_NAME[event.fault].busy_s

    def test_a_thousand_kills_fit_in_half_an_hour(self):
        for seed in range(5):
            self.assertLess(schedule.draw(seed, 1000, None)[-1].at_s, 29 * 60)
            self.assertLess(schedule.draw(seed, 30, None)[-1].at_s, 100)

    def test_selection(self):
        kinds = schedule.selected(["kill", "stop-broker"], "real")
        self.assertTrue(all(kind.kill or kind.name == "stop-broker" for kind in kinds))
        self.assertEqual(len(kinds), 7)
        with self.assertRaises(ValueError):
            schedule.selected(["kil"], "real")

    def test_embedded_has_no_broker_to_hurt(self):
        victims = {event.victim for event in schedule.draw(1, 100, None, (), "embedded")}
        self.assertFalse(victims & {schedule.BROKER, schedule.NETWORK, schedule.TOPIC, *schedule.RELAYS})
        self.assertTrue(victims & set(schedule.WORKERS))


def message(kind, body):
    return kind + struct.pack("!i", len(body) + 4) + body


BIND = message(b"B", b"\0append\0" + b"x" * 100)
REQUEST = BIND + message(b"E", b"\0\0\0\0\0") + message(b"S", b"")
ANSWER = message(b"C", b"INSERT 0 1\0") + message(b"Z", b"I")
STARTUP = struct.pack("!ii", 9, 196608) + b"\0"


class Server:
    """Takes everything; answers each Sync."""

    def __init__(self):
        self.got, self.ended = b"", asyncio.Event()

    async def serve(self, reader, writer):
        try:
            while data := await reader.read(1000):
                self.got += data
                if data.endswith(message(b"S", b"")):
                    writer.write(ANSWER)
        except ConnectionError:
            pass  # a cut resets
        self.ended.set()


class HereLoop:
    """The loop of the test in place of the proxies' thread."""

    def __init__(self):
        self.loop = asyncio.get_running_loop()

    def call(self, coroutine):
        return self.loop.create_task(coroutine)


async def append_by_way(step, share):
    """What the server got behind the startup, and what the client got, when an append is cut there."""
    server = Server()
    upstream = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    link = proxy.AppendLink(HereLoop(), 0, upstream.sockets[0].getsockname()[1])
    await asyncio.sleep(0)
    link.open = asyncio.Event()
    link.open.set()
    listening = await asyncio.start_server(link.serve, "127.0.0.1", 0)
    if step:
        link.arm(step, share)
    reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
    writer.write(STARTUP + REQUEST)
    try:
        answer = await asyncio.wait_for(reader.read(len(ANSWER)), 5)
    except ConnectionError:
        answer = b""
    writer.transport.abort()
    await asyncio.wait_for(server.ended.wait(), 5)
    while link.pairs:
        await asyncio.sleep(0.01)
    upstream.close()
    listening.close()
    return server.got[len(STARTUP) :], answer


class ProxyTest(unittest.TestCase):
    def setUp(self):
        proxy.LATE_REST_S = 0.05

    def cut(self, step, share=0.5):
        return asyncio.run(append_by_way(step, share))

    def test_forwards(self):
        self.assertEqual(self.cut(None), (REQUEST, ANSWER))

    def test_cuts_in_the_request(self):
        self.assertEqual(self.cut("before-bind"), (b"", b""))
        self.assertEqual(self.cut("in-bind"), (BIND[: len(BIND) // 2], b""))
        self.assertEqual(self.cut("before-execute"), (BIND, b""))
        self.assertEqual(self.cut("before-sync"), (REQUEST[:-5], b""))

    def test_cuts_in_the_answer(self):
        self.assertEqual(self.cut("after-sync"), (REQUEST, b""))
        self.assertEqual(self.cut("in-answer"), (REQUEST, ANSWER[: len(ANSWER) // 2]))
        self.assertEqual(self.cut("answer-delayed", 0.01), (REQUEST, ANSWER))

    def test_late_request_arrives_after_the_client_was_told(self):
        self.assertEqual(self.cut("late-request", 0.01), (REQUEST, b""))

if __name__ == "__main__":
    unittest.main(warnings="ignore")
