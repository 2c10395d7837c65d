"""Plays a schedule: each fault begins at its time in a thread of its own, unless its victim is still busy."""

import dataclasses
import threading
import time

from faults import FUNCTIONS
from outcome import Did

WAIT_FOR_VICTIM_S_MAX = 60
END_S_MAX = 150


@dataclasses.dataclass
class Played:
    event: object
    outcome: object  # a Did, or why it did not happen
    late_s: float

    @property
    def happened(self):
        return isinstance(self.outcome, Did)


class Player:
    def __init__(self, system, events, findings, verbose):
        self.system, self.events, self.findings, self.verbose = system, events, findings, verbose
        self.locks = {event.victim: threading.Lock() for event in events}
        self.played = []
        self.threads = []
        self.mutex = threading.Lock()

    def play(self, keep_watch):
        """`keep_watch` is called in between; it answers False when the run has to end."""
        begin = time.monotonic()
        for event in self.events:
            while (left := begin + event.at_s - time.monotonic()) > 0:
                if not keep_watch():
                    return
                time.sleep(min(left, 0.1))
            thread = threading.Thread(target=self.act, args=(event, begin + event.at_s), daemon=True)
            thread.start()
            self.threads.append(thread)
        until = time.monotonic() + END_S_MAX
        while any(thread.is_alive() for thread in self.threads) and time.monotonic() < until:
            keep_watch()
            time.sleep(0.1)

    def act(self, event, due):
        child = self.system.child_of(event.victim)
        lock = self.locks[event.victim]
        outcome = "its victim was busy for too long"
        began = time.monotonic()
        if lock.acquire(timeout=WAIT_FOR_VICTIM_S_MAX):
            try:
                began = time.monotonic()
                outcome = self.act_on(event, child)
            finally:
                lock.release()
        with self.mutex:
            self.played.append(Played(event, outcome, began - due))
        if isinstance(outcome, Did) and outcome.failed:
            self.findings.add("back", outcome.failed, child.tail() if child else "")
        if self.verbose or not isinstance(outcome, Did):
            said = f"up after {outcome.up_s:.2f} s" if isinstance(outcome, Did) and outcome.up_s else ""
            print(
                f"  {event.line()}  {said if isinstance(outcome, Did) else 'NOT DONE: ' + str(outcome)}",
                flush=True,
            )

    def act_on(self, event, child):
        function = FUNCTIONS[event.fault]
        try:
            if child is None:
                return function(self.system, event)
            with child.lock:
                return function(self.system, event)
        except Exception as error:  # a fault that cannot be done must not end the run; it is told
            self.findings.add("harness", f"{event.fault} failed in the harness: {error!r}")
            return f"the harness failed: {error!r}"
