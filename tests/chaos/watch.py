"""What is seen from outside while it runs: heads of the log, positions of read models, acknowledgements."""

import bisect
import json
import os
import pathlib
import queue
import subprocess
import threading
import time

from children import SPAWNER

SAMPLE_S = 0.2
ANSWER_S_MAX = 3
# The position that every projection has, per partition. Copies beside (NAME@VERSION#beside) do not serve.
POSITIONS = """select json_build_object(
 'heads', (select json_object_agg(partition, head) from log.partition),
 'applied', (select json_object_agg(partition, position) from (select partition, min(position) as position
  from proj.checkpoint where projection not like '%#beside' group by partition) as of_all))"""


class Positions(threading.Thread):
    """Samples (monotonic time, heads, applied) over one psql, started anew when PostgreSQL ended it."""

    def __init__(self, postgres):
        super().__init__(daemon=True, name="positions")
        self.postgres = postgres
        self.samples = []
        self.ended = threading.Event()
        self.psql = self.lines = None

    def run(self):
        while not self.ended.wait(SAMPLE_S):
            sample = self.ask()
            if sample:
                self.samples.append((time.monotonic(), sample["heads"], sample["applied"] or {}))
        self.forget()

    def connect(self):
        command = ["psql", "-X", "-q", "-At", "-d", f"{self.postgres.dsn} user=postgres dbname=annals"]
        self.psql = SPAWNER.start(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"PGAPPNAME": "chaos-watch", "PGCONNECT_TIMEOUT": "3"},
        )
        self.lines = queue.Queue()
        threading.Thread(target=self.read, args=(self.psql.stdout, self.lines), daemon=True).start()

    @staticmethod
    def read(stream, lines):
        for line in stream:
            lines.put(line)
        lines.put(None)

    def ask(self):
        """One sample; None when there is no answer in time."""
        if self.psql is None or self.psql.poll() is not None:
            self.connect()
        try:
            self.psql.stdin.write(POSITIONS.replace("\n", " ") + ";\n")
            self.psql.stdin.flush()
            line = self.lines.get(timeout=ANSWER_S_MAX)
            return json.loads(line)
        except (OSError, queue.Empty, TypeError, ValueError):
            self.forget()
            return None

    def forget(self):
        if self.psql:
            self.psql.kill()
            self.psql.wait()
        self.psql = None

    def is_quiet(self):
        """Whether the newest sample shows nothing that is not applied."""
        if not self.samples or time.monotonic() - self.samples[-1][0] > 2:
            return False
        _, heads, applied = self.samples[-1]
        return covers(applied, heads)

    def visible_after(self, at):
        """Seconds until something that was appended after a moment, and all before it, was applied; None:
        never seen."""
        times = [sample[0] for sample in self.samples]
        first = bisect.bisect_left(times, at)
        wanted = None
        for moment, heads, applied in self.samples[first:]:
            if wanted is None and sum(heads.values()) > sum(self.samples[first][1].values()):
                wanted = heads
            if wanted is not None and covers(applied, wanted):
                return moment - at
        return None


def covers(applied, heads):
    return all(applied.get(partition, 0) >= head for partition, head in heads.items())


class Acks:
    """The file that the load writes: when each command was acknowledged, and by which API."""

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def read(self):
        """(seconds, target) in their order."""
        if not self.path.is_file():
            return []
        pairs = (line.split() for line in self.path.read_text(encoding="ascii").splitlines())
        return sorted((int(pair[0]) / 1000, int(pair[1])) for pair in pairs if len(pair) == 2)


def next_ack(acks, at, target=None):
    """Seconds from a moment to the next acknowledgement, of one API or of any; None: there was none."""
    for moment, by in acks[bisect.bisect_left(acks, (at, -1)) :]:
        if target is None or by == target:
            return moment - at
    return None
