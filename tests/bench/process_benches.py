"""What the process itself costs: memory, threads, start; and the build."""

import os
import pathlib
import shutil
import tempfile
import time

from instance import run
from measure import HERE, figure, report

IDLE_S = 3


def footprint_idle(state):
    """Memory and threads before any load."""
    print("==> footprint, idle", flush=True)
    time.sleep(IDLE_S)
    state.memory_idle = state.instance.memory_mib()
    return [
        figure("memory_idle", state.memory_idle, "MiB", goal="<= 60 MiB"),
        figure("threads", state.instance.threads(), "threads"),
    ]


def footprint_load(state):
    """Memory under the load of command, and a restart on what it wrote."""
    print("==> footprint, after load", flush=True)
    events = state.instance.events()
    state.instance.stop()
    ready = [state.instance.start()]
    for _ in range(2):
        state.instance.stop()
        ready.append(state.instance.start())
    report(f"start to ready with {events:,} events: {', '.join(f'{s:.2f} s' for s in ready)}")
    return [
        figure("memory_load", state.memory_load, "MiB", goal="<= 300 MiB"),
        figure("start_to_ready", ready, "s", goal="<= 2 s"),
    ]


def timed_build(directory, cached):
    source = HERE.parent.parent
    environment = os.environ | ({} if cached else {"CCACHE_DISABLE": "1"})
    begun = time.monotonic()
    run(["cmake", "--preset", "release", "-S", source, "-B", directory], env=environment, cwd=source)
    run(["cmake", "--build", directory], env=environment)
    return time.monotonic() - begun


def build(_state):
    """A whole build, tests included: without ccache, with what ccache knows, and with nothing to do."""
    print("==> build: this takes minutes", flush=True)
    directory = pathlib.Path(tempfile.mkdtemp(prefix="annals-build-"))
    try:
        cold = timed_build(directory, False)
        shutil.rmtree(directory)
        timed_build(directory, True)
        shutil.rmtree(directory)
        warm = timed_build(directory, True)
        nothing = timed_build(directory, True)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    names = {"build_cold": cold, "build_ccache": warm, "build_nothing": nothing}
    return [figure(name, seconds, "s") for name, seconds in names.items()]
