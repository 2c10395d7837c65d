"""What is done to the system and when: drawn from the seed alone, before anything runs.

A fault has a victim, and a victim is left alone until the fault before it should be over (`busy_s`). Kills
come as often as asked for; every other fault by its share of them, at least once.
"""

import dataclasses
import random

APIS = ("api-1", "api-2", "api-3")
RELAYS = ("relay-1", "relay-2")
PROJECTORS = ("projector-1", "projector-2")
CLOCKED = ("api-2", "relay-2", "projector-2")  # run under libfaketime
WORKERS = ("worker-1", "worker-2")  # relay and projector in one, where each process has a broker in memory
POSTGRES, BROKER, LINK, NETWORK, TOPIC = "postgres", "broker", "link", "network", "topic"

SECONDS_PER_KILL = 1.5
PLAY_S_MIN = 60
PLAY_S_MAX = 3600
KILLS_MAX = 5000
LONG_KILLS_MIN = 300  # from so many kills on, faults that take minutes are part of the run

# Where the append's connection is cut. The first ones are places in the request, the others in the answer.
CUT_STEPS = (
    "before-bind",
    "in-bind",
    "before-execute",
    "before-sync",
    "after-sync",
    "in-answer",
    "late-request",
    "answer-swallowed",
    "answer-delayed",
)


@dataclasses.dataclass(frozen=True)
class Kind:
    """A fault. `share`: of the kills (for a kill), or how many there are for each kill."""

    name: str
    victims: tuple
    busy_s: float
    share: float
    kill: bool = False
    long: bool = False


KINDS = (
    Kind("kill-api", APIS, 2.5, 0.40, kill=True),
    Kind("kill-relay", RELAYS, 3, 0.18, kill=True),
    Kind("kill-projector", PROJECTORS, 3, 0.18, kill=True),
    Kind("kill-backend", (POSTGRES,), 4, 0.10, kill=True),
    Kind("kill-postgres", (POSTGRES,), 7, 0.07, kill=True),
    Kind("kill-broker", (BROKER,), 14, 0.07, kill=True),
    Kind("stop-api", APIS, 6, 0.03),
    Kind("stop-relay", RELAYS, 6, 0.03),
    Kind("stop-projector", PROJECTORS, 6, 0.03),
    Kind("stop-backend", (POSTGRES,), 5, 0.02),
    Kind("stop-broker", (BROKER,), 8, 0.01),
    Kind("end-backend", (POSTGRES,), 1, 0.04),
    Kind("cancel-backend", (POSTGRES,), 1, 0.02),
    Kind("append-cut", (LINK,), 1.5, 0.10),
    Kind("database-slow", (LINK,), 4, 0.02),
    Kind("database-cut-off", (LINK,), 7, 0.02),
    Kind("database-wal-full", (POSTGRES,), 12, 0.01),
    Kind("database-disk-full", (POSTGRES,), 7, 0.01),
    Kind("broker-disk-full", (BROKER,), 18, 0.005),
    Kind("lock-timeout", (POSTGRES,), 5, 0.01),
    Kind("statement-timeout", (POSTGRES,), 13, 0.005),
    Kind("deadlock", (POSTGRES,), 2, 0.01),
    Kind("serialization", (POSTGRES,), 2, 0.01),
    Kind("clock-jump", CLOCKED, 8, 0.02),
    Kind("descriptors", APIS, 6, 0.01),
    Kind("network-cut", (NETWORK,), 8, 0.02),
    Kind("slow-projector", PROJECTORS, 8, 0.01),
    Kind("outsider-group", (TOPIC,), 8, 0.01),
    Kind("broker-away", (BROKER,), 75, 0.001, long=True),
)
BY_NAME = {kind.name: kind for kind in KINDS}
NOT_EMBEDDED = {
    "kill-broker",
    "stop-broker",
    "broker-disk-full",
    "network-cut",
    "outsider-group",
    "broker-away",
}
# Without a broker of its own, the relay and projector of a process are one process.
EMBEDDED_VICTIMS = {"kill-relay": WORKERS, "stop-relay": WORKERS, "clock-jump": ("api-2", "worker-2")}


@dataclasses.dataclass(frozen=True)
class Event:
    """One fault of the schedule. `params` are numbers and names that only this fault understands."""

    number: int
    at_s: float
    fault: str
    victim: str
    params: dict

    def line(self):
        params = " ".join(f"{name}={value}" for name, value in self.params.items())
        return f"{self.number:5d} {self.at_s:9.3f} {self.fault:<20} {self.victim:<12} {params}".rstrip()


def selected(names, kafka):
    """The kinds that take part, in their order. `names`: faults or beginnings of them such as "kill"; empty:
    all. Raises ValueError with the name that no fault has."""
    chosen = set()
    for name in names:
        found = [kind.name for kind in KINDS if kind.name == name or kind.name.startswith(name + "-")]
        if not found:
            raise ValueError(name)
        chosen.update(found)
    kinds = [kind for kind in KINDS if not names or kind.name in chosen]
    if kafka == "embedded":
        merged = ("kill-projector", "stop-projector", "slow-projector")
        kinds = [kind for kind in kinds if kind.name not in NOT_EMBEDDED and kind.name not in merged]
        kinds = [dataclasses.replace(k, victims=EMBEDDED_VICTIMS.get(k.name, k.victims)) for k in kinds]
    return kinds


def counts(kinds, kills, long):
    """How often each kind happens: the kills add up exactly, by largest remainder."""
    result = {}
    deadly = [kind for kind in kinds if kind.kill]
    total = sum(kind.share for kind in deadly)
    exact = {kind.name: kills * kind.share / total for kind in deadly} if deadly else {}
    result.update({name: int(value) for name, value in exact.items()})
    by_remainder = sorted(exact, key=lambda name: exact[name] - int(exact[name]), reverse=True)
    for name in by_remainder[: kills - sum(result.values()) if deadly else 0]:
        result[name] += 1
    for kind in kinds:
        if not kind.kill:
            result[kind.name] = max(1, round(kills * kind.share)) if long or not kind.long else 0
    return result


def parameters(kind, draw):
    """What else there is to draw for one fault. Each draws as many numbers whatever they are."""
    first, second = draw.random(), draw.random()
    if kind.name == "append-cut":
        return {"step": CUT_STEPS[int(first * len(CUT_STEPS))], "share": round(second, 3)}
    if kind.name == "clock-jump":
        return {"offset_s": 3600 if first < 0.5 else -3600, "hold_s": round(2 + 3 * second, 2)}
    if kind.name in ("deadlock", "serialization"):
        return {"times": 1 + int(first * 5)}
    if kind.name in ("kill-backend", "stop-backend", "end-backend", "cancel-backend"):
        return {"pick": round(first, 3), "hold_s": round(1 + 2 * second, 2)}
    if kind.kill:
        return {"down_s": round(first if kind.name != "kill-broker" else 2 * first, 2)}
    if kind.name == "broker-away":
        return {"hold_s": 65}
    return {"hold_s": round(1.5 + 2.5 * first, 2), "pick": round(second, 3)}


def draw(seed, kills, minutes, names=(), kafka="real"):
    """The whole schedule: the same arguments give the same list, on every machine."""
    generator = random.Random(f"annals-chaos-{seed}")
    play_s = min(PLAY_S_MAX, minutes * 60 if minutes else max(PLAY_S_MIN, kills * SECONDS_PER_KILL))
    kinds = selected(names, kafka)
    left = counts(kinds, kills, kills >= LONG_KILLS_MIN)
    total = sum(left.values())
    free_at = {}
    events = []
    clock = 0.0
    for number in range(total):
        at = max(clock, play_s * (number + generator.random() * 0.8) / max(1, total))
        open_kinds = [
            (kind, [v for v in kind.victims if free_at.get(v, 0) <= at]) for kind in kinds if left[kind.name]
        ]
        ready = [(kind, victims) for kind, victims in open_kinds if victims]
        if not ready:
            # Everybody is busy: whoever is free first comes next, at that time.
            kind, victim = min(
                ((kind, v) for kind, _ in open_kinds for v in kind.victims),
                key=lambda pair: (free_at[pair[1]], pair[1]),
            )
            at = free_at[victim]
        else:
            # What needs a victim for long has to begin early.
            weights = [left[kind.name] * kind.busy_s / len(kind.victims) for kind, _ in ready]
            kind, victims = generator.choices(ready, weights)[0]
            victim = generator.choice(victims)
        left[kind.name] -= 1
        clock = at
        free_at[victim] = at + kind.busy_s
        events.append(Event(number + 1, round(at, 3), kind.name, victim, parameters(kind, generator)))
    return events
