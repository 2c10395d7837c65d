"""The faults. Each is a function of the system and one event of the schedule, ends what it began, and answers
its outcome: a Did, or a text that says why it could not be done here."""

import os
import resource
import signal
import socket
import time

from children import wait_until
from outcome import Did, back
import database_faults
import schedule

UP_S_MAX = 60
BROKER_UP_S_MAX = 90
DESCRIPTORS_LEFT = 2
APPEND_S_MAX = 15


def kill_process(system, event):
    child = system.processes[event.victim]
    at = time.monotonic()
    killed = child.kill()
    time.sleep(event.params["down_s"])
    return back(child, at, int(killed), UP_S_MAX)


def kill_postgres(system, event):
    """The postmaster alone: its backends notice, and the first starts fail while they do."""
    at = time.monotonic()
    killed = system.postgres.kill()
    time.sleep(event.params["down_s"])
    return back(system.postgres, at, int(killed), UP_S_MAX)


def kill_broker(system, event):
    at = time.monotonic()
    killed = system.broker.kill()
    time.sleep(event.params["down_s"])
    return back(system.broker, at, int(killed), BROKER_UP_S_MAX)


def broker_away(system, event):
    """Longer than transaction.timeout.ms: whatever was open is aborted before the broker is back."""
    at = time.monotonic()
    system.broker.kill()
    time.sleep(event.params["hold_s"])
    return back(system.broker, at, 0, BROKER_UP_S_MAX)


def pause(child, event):
    at = time.monotonic()
    if not child.is_alive():
        return f"{child.name} did not run"
    child.send(signal.SIGSTOP)
    time.sleep(event.params["hold_s"])
    child.send(signal.SIGCONT)
    failed = "" if child.is_alive() else f"{child.name} ended after a pause"
    return Did(at, failed=failed)


def stop_process(system, event):
    return pause(system.processes[event.victim], event)


def stop_broker(system, event):
    return pause(system.broker, event)


def slow_projector(system, event):
    """Runs a twentieth of the time: slower than the stream."""
    child = system.processes[event.victim]
    at = time.monotonic()
    while time.monotonic() - at < event.params["hold_s"]:
        if not child.is_alive():
            return f"{child.name} did not run"
        child.send(signal.SIGSTOP)
        time.sleep(0.19)
        child.send(signal.SIGCONT)
        time.sleep(0.01)
    return Did(at)


def append_cut(system, event):
    system.link.arm(event.params["step"], event.params["share"])
    if not system.link.happened.wait(APPEND_S_MAX):
        system.link.disarm()
        return f"no append came by in {APPEND_S_MAX} s"
    return Did(time.monotonic())


def database_slow(system, event):
    at = time.monotonic()
    system.link.delay_s = 0.05 + 0.3 * event.params["pick"]
    time.sleep(event.params["hold_s"])
    system.link.restore(reset=False)
    return Did(at)


def black_hole(link, event):
    at = time.monotonic()
    link.black_hole()
    time.sleep(event.params["hold_s"])
    link.restore(reset=event.params["pick"] < 0.5)
    return Did(at)


def database_cut_off(system, event):
    return black_hole(system.link, event)


def network_cut(system, event):
    return black_hole(system.network, event)


def broker_disk_full(system, event):
    """Kafka ends itself when its only log directory fails; that end is its right."""
    volume, broker = system.volumes["broker"], system.broker
    if not volume.can_be_filled:
        return "mounts are not permitted"
    at = time.monotonic()
    broker.wanted = False
    volume.fill()
    wait_until(lambda: not broker.is_alive(), 3 + event.params["hold_s"])
    volume.empty()
    if broker.is_alive() and broker.is_up():
        broker.wanted = True
        return Did(at)
    broker.kill()
    return back(broker, at, 0, BROKER_UP_S_MAX)


def clock_jump(system, event):
    child = system.processes[event.victim]
    if not child.clock_file:
        return "libfaketime is not installed"
    at = time.monotonic()
    child.set_clock(event.params["offset_s"])
    time.sleep(event.params["hold_s"])
    child.set_clock(0)
    return Did(at)


def descriptors(system, event):
    """Lowers the limit of open files to what is open, and opens connections until nothing goes any more."""
    child = system.processes[event.victim]
    at = time.monotonic()
    if not child.is_alive():
        return f"{child.name} did not run"
    pid = child.pid
    try:
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        used = len(os.listdir(f"/proc/{pid}/fd"))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + DESCRIPTORS_LEFT, before[1]))
    except OSError as error:
        return f"the limit cannot be set: {error}"
    idle = open_connections(child.port, 60)
    time.sleep(event.params["hold_s"])
    for connection in idle:
        connection.close()
    if child.is_alive():
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    answers = wait_until(child.is_up, 15)
    return Did(at, failed="" if answers else f"{child.name} does not answer after its descriptors ran out")


def open_connections(port, count):
    opened = []
    for _ in range(count):
        connection = socket.socket()
        connection.setblocking(False)
        connection.connect_ex(("127.0.0.1", port))
        opened.append(connection)
    return opened


def outsider_group(system, event):
    before = system.outsider.lines
    at = time.monotonic()
    system.outsider.read_for(event.params["hold_s"] + 3)
    return Did(at) if system.outsider.lines > before else "there was nothing to read for the group"


FUNCTIONS = {
    "kill-api": kill_process,
    "kill-relay": kill_process,
    "kill-projector": kill_process,
    "kill-postgres": kill_postgres,
    "kill-broker": kill_broker,
    "broker-away": broker_away,
    "stop-api": stop_process,
    "stop-relay": stop_process,
    "stop-projector": stop_process,
    "stop-broker": stop_broker,
    "slow-projector": slow_projector,
    "append-cut": append_cut,
    "database-slow": database_slow,
    "database-cut-off": database_cut_off,
    "network-cut": network_cut,
    "broker-disk-full": broker_disk_full,
    "clock-jump": clock_jump,
    "descriptors": descriptors,
    "outsider-group": outsider_group,
} | database_faults.FUNCTIONS
assert set(FUNCTIONS) == set(schedule.BY_NAME)
