"""What all benches share: the state of a run, load generators, and figures."""

import json
import os
import pathlib
import re
import statistics
import threading
import time

from instance import BenchError, run

HERE = pathlib.Path(__file__).resolve().parent
CONNECTIONS = 64
WARM_UP_S = 2
MEMORY_SAMPLE_S = 0.1
FLUSH_EVERY_S, FLUSHED_BYTES = 0.05, 8192


class State:
    """What benches share: the instance, how long to measure, and what was found so far."""

    def __init__(self, instance, quick, overload_s=None):
        self.instance, self.quick, self.overload_s = instance, quick, overload_s
        self.rounds, self.round_s = (2, 4) if quick else (3, 10)
        self.commands_per_s = self.memory_idle = self.memory_load = None

    @property
    def targets(self):
        """The file of targets that wrk's scripts read; the data is made at the first call."""
        path = self.instance.home / "targets"
        if not self.instance.targets:
            self.instance.populate()
            lines = (f"{t[0]} {t[1]} {','.join(t[2])} {','.join(t[3])}\n" for t in self.instance.targets)
            path.write_text("".join(lines), encoding="ascii")
        return path

    @property
    def pairs(self):
        """The same targets as lines "TOKEN PROJECT", for the open-loop generators."""
        path = self.instance.home / "pairs"
        if not path.is_file():
            self.targets  # makes the data
            lines = (f"{t[0]} {t[1]}\n" for t in self.instance.targets)
            path.write_text("".join(lines), encoding="ascii")
        return path


def figure(name, values, unit, references=None, goal=None):
    """A figure from the values of its rounds (or one value) and those of its reference."""
    values = values if isinstance(values, list) else [values]
    value = statistics.median(values)
    reference = statistics.median(references) if references else None
    return {
        "name": name,
        "value": round(value, 3),
        "spread": round((max(values) - min(values)) / value, 3) if value and len(values) > 1 else None,
        "unit": unit,
        "reference": reference and round(reference, 3),
        "ratio": round(value / reference, 3) if reference else None,
        "goal": goal,
    }


def wrk(state, script, seconds, seed, urls=None, connections=CONNECTIONS):
    """Closed loop over all connections, shared by the servers; requests a second and wrk's own result."""
    urls = urls or [state.instance.url]
    environment = os.environ | {"BENCH_TARGETS": str(state.targets), "BENCH_SCRIPTS": str(HERE)}
    outs = [None] * len(urls)

    def load(number, url):
        command = ["wrk", "-t", "1", "-c", str(connections // len(urls)), "-d", f"{seconds}s"]
        command += ["-s", str(HERE / script), url, "--", str(seed * len(urls) + number)]
        outs[number] = run(command, env=environment)

    threads = [threading.Thread(target=load, args=each) for each in enumerate(urls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if None in outs:
        raise BenchError(f"{script}: wrk failed")
    results = [json.loads(re.search(r"^RESULT (.*)$", out, re.M)[1]) for out in outs]
    for result in results:
        if result["refused"] or result["lost"] or not result["requests"]:
            raise BenchError(
                f"{script}: of {result['requests']} requests {result['refused']} were refused and "
                f"{result['lost']} lost; the server's last words: {state.instance.log_tail()}"
            )
    slowest = max(results, key=lambda result: result["p99_us"])
    return sum(result["requests"] / result["us"] * 1e6 for result in results), slowest


def open_loop(state, rate, seconds):
    """CreateTask at their times, whether or not earlier ones are answered; times count from when each was
    due."""
    generator = [state.instance.binary, "bench", "--workload", "visible", "--api", state.instance.url]
    generator += ["--rate", f"{rate:.1f}", "--seconds", str(seconds)]
    out = run([*generator, "--connections", str(CONNECTIONS), "--targets", state.pairs])
    return json.loads(out.strip().splitlines()[-1])


def pgbench(state, scripts, seconds, variables=(), rate=None, log=None):
    """Transactions a second. With `log`, a prefix, each transaction's time is in files named by it."""
    command = ["pgbench", "-n", "-c", str(CONNECTIONS), "-j", "2", "-M", "prepared", "-T", str(seconds)]
    for script in scripts:
        command += ["-f", str(script)]
    for variable in variables:
        command += ["-D", variable]
    if rate:
        command += ["-R", f"{rate:.0f}"]
    if log:
        command += ["-l", "--log-prefix", str(log)]
    out = run([*command, state.instance.owner_dsn])
    return float(re.search(r"^tps = ([\d.]+)", out, re.M)[1])


class MemoryWatch(threading.Thread):
    """The largest resident size of the server while it runs."""

    def __init__(self, instance):
        super().__init__(daemon=True)
        self.instance, self.largest, self.ended = instance, 0.0, threading.Event()

    def run(self):
        while not self.ended.wait(MEMORY_SAMPLE_S):
            self.largest = max(self.largest, self.instance.memory_mib())

    def end(self):
        self.ended.set()
        self.join()
        return self.largest


class FlushWatch:
    """Beside a load: how long the disk takes for a flush of 8 kB, twenty times a second. Whoever waits for a
    commit waits at least as long."""

    def __init__(self, instance):
        self.path, self.times_ms, self.ended = instance.home / "flushed", [], threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        with open(self.path, "wb", buffering=0) as file:
            while not self.ended.wait(FLUSH_EVERY_S):
                os.pwrite(file.fileno(), os.urandom(FLUSHED_BYTES), 0)
                begun = time.monotonic()
                os.fdatasync(file.fileno())
                self.times_ms.append((time.monotonic() - begun) * 1000)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    def figure(self, name):
        times = sorted(self.times_ms)
        return figure(name, times[int(0.99 * (len(times) - 1))], "ms")


def answer_times(latency):
    return f"answers p50 {latency['p50_us'] / 1000:.1f} ms, p99 {latency['p99_us'] / 1000:.1f} ms"


def report(text):
    print(f"    {text}", flush=True)
